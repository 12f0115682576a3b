/**
 * What a cell keeps of its share of an organisation's quota, and how that changes: the cell's half of shares.ts.
 * Every change is written down under the organisation's lock before anything is sent; nothing here does I/O.
 *
 *     begin ──▶ ask n ──▶ (the directory) ──▶ granted n ──▶ goes by what is granted
 *       │                                        │ an older n: dropped
 *       └── recalled: goes by less, ask n + 1 ───┘ stale: asks anew above the number it is told
 */
import type { Amounts, Recall, ShareAsk, ShareGrant } from '../protocol/quota-shares-api.ts';
import { eachOf, keptAfterRecall } from './shares.ts';

export interface Held {
  /** The number of the last ask. */
  ask: number;
  /** What this cell goes by. */
  allowed: Amounts;
  /** All of the quota is this cell's, and nobody need be asked again. */
  whole: boolean;
  /** Growth ends then, unless it is asked for again before. */
  endsAtMs: number;
  /** When an ask was last answered, and what it told. */
  answeredAtMs: number;
  told: Amounts;
  usedElsewhere: Amounts;
}

const none = eachOf(() => 0);

export const nothingHeld: Held = {
  ask: 0,
  allowed: none,
  whole: false,
  endsAtMs: 0,
  answeredAtMs: 0,
  told: none,
  usedElsewhere: none,
};

export interface Begun {
  held: Held;
  ask: Omit<ShareAsk, 'org'>;
}

/** `downTo`: gives back what it goes by beyond that and does not use. */
export function beginAsk(held: Held, used: Amounts, need: ShareAsk['need'], downTo?: Amounts): Begun {
  const allowed = downTo
    ? eachOf((name) => Math.min(held.allowed[name], Math.max(used[name], downTo[name])))
    : held.allowed;
  const ask = { ask: held.ask + 1, used, keep: allowed, need, givesBack: downTo !== undefined };
  return { held: { ...held, ask: ask.ask, allowed }, ask };
}

/** Another cell is short: goes by less from now on, and says so. */
export function beginRecalled(held: Held, used: Amounts, { need }: Pick<Recall, 'need'>): Begun {
  return beginAsk(held, used, {}, keptAfterRecall(held.allowed, used, need));
}

/** Null: it answers an older ask than the last, and says nothing any more. */
export function applyGrant(
  held: Held,
  grant: ShareGrant,
  sent: { ask: number; used: Amounts; atMs: number },
  shareMs: number,
): Held | null {
  if (held.ask !== sent.ask) return null;
  if (grant.stale) {
    // This cell has forgotten asks of its own (its database is an older copy): it has no more than is down for it.
    const allowed = eachOf((name) => Math.min(held.allowed[name], grant.allowed[name]));
    return { ...held, ask: grant.ask, allowed };
  }
  return {
    ask: held.ask,
    allowed: grant.allowed,
    whole: grant.whole,
    endsAtMs: sent.atMs + shareMs,
    answeredAtMs: sent.atMs,
    told: sent.used,
    usedElsewhere: grant.usedElsewhere,
  };
}
