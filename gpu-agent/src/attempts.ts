/** Every attempt that this host knows of: those that run, and those whose end the scheduler has not on record yet. */
import { sleep } from '@cellbook/shared/clock.ts';
import type { AttemptId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AttemptReport, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { Attempt } from './run/attempt.ts';
import type { AttemptTools } from './run/attempt-tools.ts';
import type { StopReason } from './run/classify-end.ts';
import { confinementOf, type HostConfinement } from './run/confinement.ts';
import type { HeldAttempt } from './run/held-attempt.ts';
import { JobFolder } from './run/job-folder.ts';
import type { EarlierEnd, Leftovers } from './run/leftovers.ts';
import type { Remains, Taken } from './run/remains.ts';
import { Unfinished } from './run/unfinished.ts';

const lookMs = 50;

export interface AttemptsTools extends Omit<AttemptTools, 'devices' | 'confinement'> {
  confinement: HostConfinement;
  devices: Omit<AttemptTools['devices'], 'free'>;
  /** It has ended, or could not begin: nobody need renew it. */
  over(attemptId: AttemptId): void;
}

export class Attempts {
  readonly #tools: AttemptsTools;
  readonly #attempts = new Map<AttemptId, HeldAttempt>();
  readonly #unfinished = new Map<AttemptId, Unfinished>();
  readonly #earlier: Map<AttemptId, EarlierEnd>;
  /** Their end is on record elsewhere, and something of them is here still. */
  readonly #forgotten = new Set<AttemptId>();
  readonly #over = new AbortController();
  #remains: Remains[];
  #isTidying = false;

  constructor(earlier: Leftovers, tools: AttemptsTools) {
    this.#tools = tools;
    this.#earlier = new Map(earlier.ended.map((end) => [end.report.attemptId, end]));
    this.#remains = [...earlier.remains];
    for (const left of earlier.unfinished) {
      const one = new Unfinished(left, { ...tools, offline: tools.confinement.offline });
      this.#unfinished.set(one.attemptId, one);
      this.#begin(one);
    }
    this.#tidyLater();
  }

  /** Those that have not ended. */
  get live(): HeldAttempt[] {
    return [...this.#attempts.values()].filter(({ ended }) => !ended);
  }

  /** Of those, what would be lost with this agent: an earlier one's are there for the next, too. */
  get own(): HeldAttempt[] {
    return this.live.filter(({ attemptId }) => !this.#unfinished.has(attemptId));
  }

  reports(): AttemptReport[] {
    const own = [...this.#attempts.values()]
      .filter(({ attemptId }) => !this.#forgotten.has(attemptId))
      .map((attempt) => attempt.report());
    return [...[...this.#earlier.values()].map(({ report }) => report), ...own].slice(
      0,
      limits.gpuAgent.attemptsMax,
    );
  }

  /** What something that is over may still be on. */
  taken(): Taken[] {
    const own = [...this.#attempts.values()].filter(({ ended, onDevices }) => ended && onDevices);
    const stuck = own.map(({ attemptId, order: { devices } }) => ({
      devices,
      problem: `processes of ${attemptId}, which is over, do not end`,
    }));
    return [...this.#remains, ...stuck];
  }

  /** What an earlier agent has run goes on without its program. */
  start(order: RunOrder, untilMs: number): void {
    const left = this.#unfinished.get(order.attemptId);
    if (left) {
      left.goOn();
      return;
    }
    const devices = { ...this.#tools.devices, free: (attempt: Attempt) => this.#free(attempt) };
    const confinement = confinementOf(this.#tools.confinement, order.devices, this.#uids());
    this.#begin(new Attempt(order, untilMs, { ...this.#tools, confinement, devices }));
  }

  #begin(attempt: HeldAttempt): void {
    const { attemptId } = attempt;
    this.#attempts.set(attemptId, attempt);
    attempt
      .run()
      .catch((error) => this.#tools.log.error({ err: error }, 'an attempt ended badly'))
      .finally(() => {
        this.#tools.over(attemptId);
        this.#tidyLater();
      });
  }

  stop(attemptId: AttemptId, reason: StopReason, how: { save: boolean; stopMs: number }): void {
    this.#attempts.get(attemptId)?.stop(reason, how);
  }

  mayRunUntil(attemptId: AttemptId, untilMs: number): void {
    this.#attempts.get(attemptId)?.mayRunUntil(untilMs);
  }

  mayRunFor(attemptId: AttemptId, wallMsLeft: number): void {
    this.#attempts.get(attemptId)?.mayRunFor(wallMsLeft);
  }

  /** Its end is on record elsewhere. One that has not ended stays. */
  forget(attemptId: AttemptId): void {
    if (this.#attempts.get(attemptId)?.ended || this.#earlier.delete(attemptId)) {
      this.#forgotten.add(attemptId);
      this.#letGo();
    }
  }

  close(): void {
    this.#over.abort();
  }

  /** Of those that are forgotten what can be; the rest keeps its record, for this agent and its successor. */
  #letGo(): void {
    for (const attemptId of this.#forgotten) {
      const attempt = this.#attempts.get(attemptId);
      if (attempt && !attempt.isTidy) continue;
      if (this.#remains.some(({ name }) => name === attemptId)) continue;
      try {
        new JobFolder(this.#tools.dataDirectory, attemptId).remove();
      } catch (error) {
        this.#tools.log.error({ err: error, attemptId }, 'a record cannot be removed: it is tried again');
        continue;
      }
      this.#forgotten.delete(attemptId);
      this.#attempts.delete(attemptId);
      this.#unfinished.delete(attemptId);
    }
    this.#tidyLater();
  }

  #untidy(): HeldAttempt[] {
    return [...this.#attempts.values()].filter(({ ended, isTidy }) => ended && !isTidy);
  }

  /** Again and again, while anything is left that should be gone. */
  #tidyLater(): void {
    const isAll = () => this.#untidy().length + this.#remains.length + this.#forgotten.size === 0;
    if (this.#isTidying || isAll()) return;
    this.#isTidying = true;
    const { clock, log, changed } = this.#tools;
    const round = async () => {
      while (!isAll()) {
        await sleep(clock, limits.gpuAgent.run.tidyAgainMs, this.#over.signal);
        const before = this.taken().length;
        await Promise.all(this.#untidy().map((attempt) => attempt.tidy()));
        const gone = await Promise.all(this.#remains.map((one) => one.tidy()));
        this.#remains = this.#remains.filter((_, at) => !gone[at]);
        this.#letGo();
        if (this.taken().length < before) changed();
      }
    };
    round()
      .catch((error) => {
        if (!this.#over.signal.aborted) log.error({ err: error }, 'what is left cannot be taken away');
      })
      .finally(() => {
        this.#isTidying = false;
      });
  }

  /** Of attempts that may have processes or files here. */
  #uids(): Set<number | null> {
    return new Set([...this.#attempts.values()].filter(({ isTidy }) => !isTidy).map(({ uid }) => uid));
  }

  /** Waits until no other attempt has one of its devices. What is stuck there makes them ill: nobody waits for that. */
  async #free(wanting: Attempt): Promise<void> {
    const wanted = new Set(wanting.order.devices);
    const isTaken = () =>
      [...this.#attempts.values()].some(
        (other) =>
          other !== wanting &&
          other.onDevices &&
          !other.ended &&
          other.order.devices.some((device) => wanted.has(device)),
      );
    while (isTaken() && !wanting.stopped) await sleep(this.#tools.clock, lookMs);
  }
}
