/**
 * Memory of the sandboxes that are children of this process: frozen where they are, written to an image, and
 * started from one. Whoever asks has stopped the link at a frame boundary (QUIESCE), so that nothing is in the
 * pipes that end with the child.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type HostedSandbox,
  nobody,
  type SandboxSnapshots,
  type SandboxSpec,
  type SnapshotImage,
} from '../driver.ts';
import { type SnapshotFingerprint, whyNotRestorable } from '../snapshot/fingerprint.ts';
import { readSnapshot, type Snapshot, writeSnapshot } from '../snapshot/snapshot-files.ts';
import type { BringUp, Running } from './child-driver.ts';
import type { IsolationMemory, SnapshotPlace } from './isolation.ts';
import type { Shells } from './shells.ts';

/** What the driver lets its snapshots do. */
export interface DriverInside<Hosted extends HostedSandbox> {
  running(sandboxId: SandboxId): Running<Hosted> | undefined;
  directory(sandboxId: SandboxId): string;
  /** Ends what is left of it. */
  clear(sandboxId: SandboxId): Promise<void>;
  bringUp(spec: SandboxSpec, how: BringUp, signal: AbortSignal): Promise<Hosted>;
}

export class ChildSnapshots<Hosted extends HostedSandbox> implements SandboxSnapshots<Hosted> {
  readonly fingerprint: SnapshotFingerprint;
  readonly #memory: IsolationMemory;
  readonly #inside: DriverInside<Hosted>;
  readonly #clock: Clock;

  readonly #shells: Shells | null;

  constructor(memory: IsolationMemory, inside: DriverInside<Hosted>, clock: Clock, shells: Shells | null) {
    this.#shells = shells;
    this.fingerprint = memory.fingerprint;
    this.#memory = memory;
    this.#inside = inside;
    this.#clock = clock;
  }

  async freeze(sandboxId: SandboxId, parent: AbortSignal): Promise<void> {
    const running = this.#find(sandboxId, 'freezing');
    running.connection.cut();
    if (running.frozen) return;
    const directory = this.#inside.directory(sandboxId);
    await this.#within('freezing', sandboxId, parent, (signal) =>
      this.#memory.freeze(sandboxId, directory, signal),
    );
    running.frozen = true;
  }

  async thaw(sandboxId: SandboxId, parent: AbortSignal): Promise<void> {
    const running = this.#find(sandboxId, 'thawing');
    const directory = this.#inside.directory(sandboxId);
    await this.#within('thawing', sandboxId, parent, async (signal) => {
      if (running.frozen) await this.#memory.thaw(sandboxId, directory, signal);
      running.frozen = false;
      await running.connection.wake(signal);
    });
  }

  async checkpoint(sandboxId: SandboxId, directory: string, parent: AbortSignal): Promise<SnapshotImage> {
    const running = this.#find(sandboxId, 'storing');
    running.connection.cut();
    const supervisor = running.how.supervisor.directory;
    const write = (signal: AbortSignal) =>
      writeSnapshot(directory, supervisor, (draft) => this.#save(running, draft, signal));
    const details = { ...unavailable('storing', sandboxId), code: 'sandbox_unavailable' } as const;
    const bytes = await withDeadline(this.#clock, limits.sandbox.saveMsMax, details, write, parent);
    return { bytes, fingerprint: this.fingerprint };
  }

  /** Into a sandbox that is made already, where there is one, under that one's id; otherwise with processes of its own. */
  async restore(spec: SandboxSpec, directory: string, signal: AbortSignal): Promise<Hosted> {
    const snapshot = await readSnapshot(directory);
    const problem = whyNotRestorable(snapshot.fingerprint, this.fingerprint);
    if (problem !== null)
      throw new CellbookError('snapshot_incompatible', {
        doing: `restoring sandbox ${spec.sandboxId}`,
        problem,
        ids: { sandboxId: spec.sandboxId, workspaceId: spec.workspaceId },
      });
    const image = { directory, snapshot };
    const supervisor = await this.#memory.supervisorOf(image);
    const how = {
      ...{ supervisor, shape: snapshot.shape, deadlineMs: limits.sandbox.restoreMsMax },
      prepare: (record: string) => this.#memory.prepareRestore(spec, record, image, supervisor),
      waking: { keepsake: snapshot.keepsake, restored: this.#memory.told(spec) },
    };
    const entered = await this.#enterShell(spec, image, how, signal);
    return entered ?? this.#inside.bringUp(spec, how, signal);
  }

  /** Null where there is none that fits, or it did not work: nothing is left of that one then. */
  async #enterShell(
    spec: SandboxSpec,
    image: SnapshotPlace,
    how: BringUp,
    signal: AbortSignal,
  ): Promise<Hosted | null> {
    const { shape, supervisor } = how;
    if (this.#shells === null || shape.home !== 'slot' || spec.workspaceId === nobody) return null;
    const shell = this.#shells.take({ shape, supervisor });
    this.#shells.want({ shape, supervisor });
    if (shell === null) return null;
    const { sandboxId, child } = shell;
    const own = { ...spec, sandboxId };
    const enter = async (record: string) => shell.enter(await this.#memory.shells.enter(own, record, image));
    return this.#inside.bringUp(own, { ...how, made: { child, enter } }, signal).catch(async () => {
      signal.throwIfAborted();
      // Also where its end failed: two of a workspace's sandboxes never run beside each other.
      await this.#inside.clear(sandboxId);
      return null;
    });
  }

  /** Its end is the last step, and asked for: until then one that could not be saved goes on. */
  async #save(running: Running<Hosted>, draft: string, signal: AbortSignal): Promise<Snapshot> {
    const { sandbox, how, connection } = running;
    running.stopping = true;
    try {
      await this.#memory.save(sandbox.id, this.#inside.directory(sandbox.id), draft, signal);
    } catch (error) {
      running.stopping = false;
      throw error;
    }
    // A frozen one that was saved does not end by itself: it would first have to go on.
    await this.#inside.clear(sandbox.id);
    await sandbox.exited;
    if (how.shape.home === 'slot') this.#shells?.want(how);
    return {
      formatVersion: 1,
      fingerprint: this.fingerprint,
      supervisorDigest: how.supervisor.digest,
      shape: how.shape,
      keepsake: connection.keepsake(),
    };
  }

  #find(sandboxId: SandboxId, doing: string): Running<Hosted> {
    const running = this.#inside.running(sandboxId);
    if (running && !running.stopping) return running;
    const problem = 'it is not here';
    throw new CellbookError('sandbox_unavailable', { ...unavailable(doing, sandboxId), problem });
  }

  #within(
    doing: string,
    sandboxId: SandboxId,
    parent: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const details = { ...unavailable(doing, sandboxId), code: 'sandbox_unavailable' } as const;
    return withDeadline(this.#clock, limits.sandbox.commandMsMax, details, work, parent);
  }
}

const unavailable = (doing: string, sandboxId: SandboxId) => ({
  doing: `${doing} sandbox ${sandboxId}`,
  ids: { sandboxId },
});
