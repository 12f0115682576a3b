/**
 * An attempt of an earlier agent of this host of which something is still to be brought away: that agent died while a
 * result or a checkpoint was on its way. Its program is over and is not started again.
 *
 *     waiting ── an answer names it ──▶ bringing ──▶ ended         (told as `stopping` until then)
 *        └────── it is not named: another's by now ──▶ ended, and nothing is brought
 *
 * The upload goes on where the store says it is. The store takes only what is on record as this host's, so that an
 * attempt that was given up meanwhile changes nothing.
 */
import type { AttemptId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { aborted } from './aborted.ts';
import type { AttemptTools } from './attempt-tools.ts';
import { Checkpoints } from './checkpoints.ts';
import { agentRestarted, hostFault, neverRan, type Outcome, type StopReason } from './classify-end.ts';
import { finish } from './finish.ts';
import type { HeldAttempt } from './held-attempt.ts';
import type { JobFolder, JobRecord } from './job-folder.ts';
import { bootId } from './processes.ts';

/** What an earlier agent left of it. */
export interface Left {
  record: JobRecord;
  folder: JobFolder;
  /** Whose its files are; null: the agent's. */
  uid: number | null;
}

export type UnfinishedTools = Pick<AttemptTools, 'binaries' | 'objects' | 'log' | 'changed'> & {
  offline: boolean;
};

export class Unfinished implements HeldAttempt {
  readonly onDevices = false;
  readonly uid: number | null;
  readonly #left: Left;
  readonly #tools: UnfinishedTools;
  readonly #log: Logger;
  readonly #checkpoints: Checkpoints;
  readonly #granted = new AbortController();
  readonly #over = new AbortController();
  #stopped: StopReason | null = null;
  #outcome: Outcome | null = null;
  #workRemoved = false;

  constructor(left: Left, tools: UnfinishedTools) {
    this.#left = left;
    this.#tools = tools;
    this.uid = left.uid;
    const { attemptId, jobId } = left.record.order;
    this.#log = tools.log.child({ attemptId, jobId });
    this.#checkpoints = new Checkpoints(left.record.order, left.folder, {
      ...{ objects: tools.objects, log: this.#log, signal: this.#over.signal },
      seen: () => this.#note(),
      stored: () => {
        this.#note();
        tools.changed();
      },
    });
    this.#checkpoints.saved = left.record.report;
  }

  get order() {
    return this.#left.record.order;
  }
  get attemptId(): AttemptId {
    return this.order.attemptId;
  }
  get ended(): boolean {
    return this.#outcome !== null;
  }
  get stopped(): boolean {
    return this.#stopped !== null;
  }
  get isTidy(): boolean {
    return this.ended && this.#workRemoved;
  }

  /** The scheduler names it as this host's. */
  goOn(): void {
    this.#granted.abort();
  }

  async run(): Promise<void> {
    const outcome = await this.#whole().catch((thrown: unknown): Outcome => {
      if (this.#stopped !== null) return neverRan(this.#stopped);
      this.#log.error({ err: thrown }, 'what an earlier agent left could not be brought away');
      return hostFault('what its earlier agent left could not be brought away');
    });
    this.#outcome = outcome;
    await this.tidy();
    this.#note();
    this.#tools.changed();
    this.#log.info({ outcome }, 'an attempt of an earlier agent ended');
  }

  async tidy(): Promise<void> {
    try {
      this.#left.folder.removeWork();
      this.#workRemoved = true;
    } catch (error) {
      this.#log.error({ err: error }, 'what an attempt wrote cannot be removed: it is tried again');
    }
  }

  /** To save and to hurry say nothing to what only has to be brought away. */
  stop(reason: StopReason): void {
    if (this.ended || (reason !== 'cancelled' && reason !== 'superseded')) return;
    this.#stopped ??= reason;
    this.#over.abort(new Error(`stopped: ${reason}`));
  }

  mayRunUntil(): void {}
  mayRunFor(): void {}

  report(): AttemptReport {
    const { report } = this.#left.record;
    const state: AttemptReport['state'] = this.#outcome
      ? { phase: 'ended', outcome: this.#outcome }
      : { phase: 'stopping' };
    return { ...report, ...this.#checkpoints.saved, state };
  }

  async #whole(): Promise<Outcome> {
    const { record, folder, uid } = this.#left;
    const { binaries, objects, offline } = this.#tools;
    await aborted(AbortSignal.any([this.#granted.signal, this.#over.signal])).catch(() => undefined);
    this.#over.signal.throwIfAborted();
    this.#log.info('going on with what an earlier agent left');
    const { binary: name, version } = this.order;
    const binary = binaries.find(name, version);
    if (!binary) return hostFault(`this host has ${name}@${version} no more`);
    // What was not yet on the disk is gone with the boot that it was written in, whatever its name still holds.
    if (record.checkpoint?.bootId === bootId()) await this.#checkpoints.goOn(record.checkpoint);
    if (!record.end) return agentRestarted;
    return finish(record.end, {
      ...{ order: this.order, binary, folder, checkpoints: this.#checkpoints, objects, log: this.#log },
      ...{ confinement: { uid, offline }, signal: this.#over.signal },
      stopped: () => this.#stopped ?? record.end?.stopped ?? null,
    });
  }

  #note(): void {
    const { folder, record } = this.#left;
    try {
      folder.write({ ...record, checkpoint: this.#checkpoints.unstored, report: this.report() });
    } catch (error) {
      this.#log.error({ err: error }, 'what became of an attempt could not be written down');
    }
  }
}
