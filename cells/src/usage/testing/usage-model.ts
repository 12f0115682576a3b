/**
 * What should have been counted, worked out the slow way: every change is kept with its time, and a question goes
 * through all of them. Exact, in whole milliseconds and bytes.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { UsagePiece } from '../read-usage.ts';

export interface Dimensions {
  workspaceId: string;
  ownerId: string;
  orgId: string;
  tier: Tier;
  team: string | null;
}
type Meter = UsagePiece['meter'];
export type Key = keyof Omit<Dimensions, 'tier'>;

interface Change extends Dimensions {
  atMs: number;
  held: boolean;
  amount: number;
  passed: number;
}

export interface Counted {
  activeMs: bigint;
  total: bigint;
}

export class UsageModel {
  readonly #changes = new Map<string, Change[]>();
  /** Meters that were closed: they begin anew no earlier than this. */
  readonly #closed = new Set<string>();
  #settledMs = 0;

  set(of: Dimensions, meter: Meter, nowMs: number, held: boolean, amount: number, passed = 0): void {
    const id = `${of.workspaceId} ${meter}`;
    const known = this.#changes.get(id) ?? [];
    if ((known.length === 0 || this.#closed.has(id)) && !held && passed === 0) return;
    const fromMs = known.length === 0 || this.#closed.has(id) ? this.#settledMs : lastOf(known).atMs;
    this.#closed.delete(id);
    known.push({ ...of, atMs: Math.max(nowMs, fromMs), held, amount, passed });
    this.#changes.set(id, known);
  }

  /** Everything the workspace holds is another's from now on. */
  hand(of: Dimensions, nowMs: number): void {
    for (const [id, changes] of this.#changes) {
      const [workspaceId, meter] = id.split(' ');
      const { held, amount } = lastOf(changes);
      if (workspaceId === of.workspaceId && !this.#closed.has(id))
        this.set(of, meter as Meter, nowMs, held, amount);
    }
  }

  settle(nowMs: number): void {
    for (const [id, changes] of this.#changes) {
      const { held, atMs } = lastOf(changes);
      if (held || this.#closed.has(id) || atMs >= nowMs - limits.usage.settleAfterMs) continue;
      this.#closed.add(id);
      this.#settledMs = Math.max(this.#settledMs, atMs);
    }
  }

  /** By start of the step, key and meter. */
  counted(by: Key, stepsMs: readonly number[], nowMs: number): Map<string, Counted> {
    const all = new Map<string, Counted>();
    for (const [id, changes] of this.#changes)
      for (const [index, change] of changes.entries()) {
        const endMs = changes[index + 1]?.atMs ?? Math.max(nowMs, change.atMs);
        for (const [at, startMs] of stepsMs.slice(0, -1).entries()) {
          const stepEndMs = stepsMs[at + 1] ?? startMs;
          const ms = Math.max(0, Math.min(endMs, stepEndMs) - Math.max(change.atMs, startMs));
          const passes = change.atMs >= startMs && change.atMs < stepEndMs ? change.passed : 0;
          const total = BigInt(ms) * BigInt(change.amount) + BigInt(passes);
          const activeMs = change.held ? BigInt(ms) : 0n;
          if (total === 0n && activeMs === 0n) continue;
          const where = `${startMs} ${change[by]} ${id.split(' ')[1]}`;
          const sum = all.get(where) ?? { activeMs: 0n, total: 0n };
          all.set(where, { activeMs: sum.activeMs + activeMs, total: sum.total + total });
        }
      }
    return all;
  }
}

function lastOf(changes: readonly Change[]): Change {
  const last = changes.at(-1);
  if (!last) throw new Error('a meter without changes');
  return last;
}
