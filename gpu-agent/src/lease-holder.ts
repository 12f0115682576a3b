/**
 * What may run here, and until when: decided without I/O, by the host's monotonic clock.
 *
 *     report sent at t ─▶ answer: whatever is in it has the right to run until t + leaseMs
 *
 *        t                                   save and stop        kill      lease ends
 *        ├───────────────────────────────────────┼─────────────────┼───────────┤ granted to another from here on, not before
 *        renewed by any later answer             leaseStopShare    leaseKillShare
 *
 * The count begins when the report was sent, not when its answer came: whatever the network did in between can only make
 * it stop too soon. An answer of an older epoch is dropped whole. An answer is a whole picture: what it does not name has
 * lost its right. A scheduler without a leader renews what is held and says no more. What was stopped or has ended is
 * never started again under the same attempt, whoever asks. What an earlier agent left unfinished has its right from the
 * first answer that names it; one that does not takes it away.
 */
import type { AttemptId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AgentOrders, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';

interface Held {
  untilMs: number;
  leaseMs: number;
  /** Told to save and stop since its lease is about to end. */
  lapsing: boolean;
}

export type StopOrder = AgentOrders['stop'][number];

export interface Instructions {
  start: RunOrder[];
  stop: StopOrder[];
  /** What nobody granted any more. */
  drop: AttemptId[];
  forget: AttemptId[];
}

export interface Due {
  /** Their lease is about to end: save what can be saved, in this time. */
  stop: { attemptId: AttemptId; stopMs: number }[];
  kill: AttemptId[];
}

const { leaseStopShare, leaseKillShare, forgottenMax } = limits.gpuAgent;

export class LeaseHolder {
  readonly #held = new Map<AttemptId, Held>();
  /** Attempts that are over here; the oldest are forgotten first. */
  readonly #over = new Set<AttemptId>();
  /** Of an earlier life of this agent, and not yet named by an answer. */
  readonly #unfinished: Set<AttemptId>;
  #epoch = 0;

  /** Of an earlier life of this agent: `over`, and of which something is still to be brought away. */
  constructor(over: readonly AttemptId[] = [], unfinished: readonly AttemptId[] = []) {
    for (const attemptId of over) this.#over.add(attemptId);
    this.#unfinished = new Set(unfinished);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Until when it may run, milliseconds of the monotonic clock; null: it may not. */
  untilMs(attemptId: AttemptId): number | null {
    return this.#held.get(attemptId)?.untilMs ?? null;
  }

  /**
   * When somebody else should kill it, if the agent has not: halfway between its own moment and the end of the lease.
   * Null: it may not run.
   */
  guardMs(attemptId: AttemptId): number | null {
    const held = this.#held.get(attemptId);
    return held ? (killAtMs(held) + held.untilMs) / 2 : null;
  }

  /** What an answer asks for; null where it is older than one seen. `sentMs`: when the report it answers was sent. */
  answered(orders: AgentOrders, sentMs: number, nowMs: number): Instructions | null {
    const nothing: Instructions = { start: [], stop: [], drop: [], forget: [] };
    if (orders.leaderless) {
      for (const attemptId of this.#held.keys()) this.#renew(attemptId, sentMs, orders.leaseMs);
      return nothing;
    }
    if (orders.epoch < this.#epoch) return null;
    this.#epoch = orders.epoch;
    const named = new Set([...orders.run, ...orders.stop].map(({ attemptId }) => attemptId));
    const drop = [...this.#held.keys(), ...this.#unfinished].filter((attemptId) => !named.has(attemptId));
    for (const attemptId of drop) this.ended(attemptId);
    for (const attemptId of named) this.#renew(attemptId, sentMs, orders.leaseMs);
    const isHere = (attemptId: AttemptId) => this.#held.has(attemptId) || this.#unfinished.has(attemptId);
    const stop = orders.stop.filter(({ attemptId }) => isHere(attemptId));
    const stopping = new Set(orders.stop.map(({ attemptId }) => attemptId));
    // A grant that took so long to come that it is almost over starts nothing.
    const late = nowMs - sentMs >= orders.leaseMs * (1 - leaseStopShare);
    const start = orders.run.filter(({ attemptId }) => {
      if (late) return false;
      // One that is to stop does not begin; of one whose program is over only the word is passed on.
      if (this.#unfinished.delete(attemptId)) return true;
      return !this.#held.has(attemptId) && !this.#over.has(attemptId) && !stopping.has(attemptId);
    });
    for (const { attemptId } of start) {
      const untilMs = sentMs + orders.leaseMs;
      this.#held.set(attemptId, { untilMs, leaseMs: orders.leaseMs, lapsing: false });
    }
    return { start, stop, drop, forget: orders.forget };
  }

  /** It runs no more, or will not start: its right is given back for good. */
  ended(attemptId: AttemptId): void {
    this.#held.delete(attemptId);
    this.#unfinished.delete(attemptId);
    this.#over.delete(attemptId);
    this.#over.add(attemptId);
    for (const oldest of this.#over) {
      if (this.#over.size <= forgottenMax) break;
      this.#over.delete(oldest);
    }
  }

  /** What must be done now because nobody renewed it; each is told once. */
  due(nowMs: number): Due {
    const due: Due = { stop: [], kill: [] };
    for (const [attemptId, held] of this.#held) {
      const killMs = killAtMs(held);
      if (nowMs >= killMs) due.kill.push(attemptId);
      else if (nowMs >= stopAtMs(held) && !held.lapsing) {
        held.lapsing = true;
        due.stop.push({ attemptId, stopMs: killMs - nowMs });
      }
    }
    for (const attemptId of due.kill) this.ended(attemptId);
    return due;
  }

  /** When `due` next has something to say; null: nothing is held. */
  nextDueMs(): number | null {
    const moments = [...this.#held.values()].map((held) => (held.lapsing ? killAtMs(held) : stopAtMs(held)));
    return moments.length === 0 ? null : Math.min(...moments);
  }

  #renew(attemptId: AttemptId, sentMs: number, leaseMs: number): void {
    const held = this.#held.get(attemptId);
    // What began to stop has been told so: a late answer cannot take that back, but gives it time to save.
    if (held && sentMs + leaseMs > held.untilMs) Object.assign(held, { untilMs: sentMs + leaseMs, leaseMs });
  }
}

const stopAtMs = ({ untilMs, leaseMs }: Held): number => untilMs - leaseMs * leaseStopShare;
const killAtMs = ({ untilMs, leaseMs }: Held): number => untilMs - leaseMs * leaseKillShare;
