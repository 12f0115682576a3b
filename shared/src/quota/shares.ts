/**
 * One quota of an organisation over many cells, with no store on the way of a request. The directory divides each
 * of its four numbers among the cells that ask; a cell lets its users have what lies within its share, and asks for
 * more before it runs short.
 *
 *     quota ├── share of eu-1 ──────────────┼── share of us-1 ─────┼── free ──┤
 *           ├ used ──────┤ unused           ├ used ─┤ unused
 *
 * What must hold: the sum of all shares is at most the quota (where the quota was lowered, or more was used before
 * there were shares: at most that use), and what a cell goes by is at most what the directory has down for it. The
 * second makes the first true of what is used, and it needs no clock and no answer that arrives:
 *
 * - A cell numbers its asks, writes each down before it sends it, and goes by `keep` until it is answered. The
 *   directory never grants less than `keep`, so an answer that is lost leaves it with more down than the cell knows.
 * - To give something back, a cell lowers what it goes by first and says so then, by an ask with a lower `keep`.
 * - The directory acts on an ask whose number is above the last one's. The same again is granted no less than
 *   before, and more where others have given back meanwhile; an older one, late by whatever way, changes nothing.
 *
 * A share ends for growth a day after its ask was sent; it is the cell's all the same, since what it has used of it
 * is used. A share of a cell that the pins do not name any more, and that has not asked for that day, is free.
 */
import type { Amounts, ShareAsk, ShareGrant } from '../protocol/quota-shares-api.ts';

export type { Amounts };
export const quotaNames = ['workspaces', 'runningSandboxes', 'memoryBytes', 'storageBytes'] as const;

export interface Share {
  ask: number;
  allowed: Amounts;
  used: Amounts;
  atMs: number;
}
/** By cell. */
export type Shares = Readonly<Record<string, Share>>;

export type Decision = { kind: 'stale'; share: Share } | { kind: 'granted'; share: Share; shares: Shares };

export function decideShare(
  shares: Shares,
  cell: string,
  ask: Omit<ShareAsk, 'org'>,
  quota: Amounts,
  nowMs: number,
): Decision {
  const known = shares[cell];
  if (known && ask.ask < known.ask) return { kind: 'stale', share: known };
  const keep = known && ask.ask === known.ask ? known.allowed : ask.keep;
  const fair = fairShare(shares, cell, ask, quota);
  const allowed = ask.givesBack ? keep : eachOf((name) => Math.max(keep[name], fair[name]));
  const share = { ask: ask.ask, allowed, used: ask.used, atMs: nowMs };
  return { kind: 'granted', share, shares: { ...shares, [cell]: share } };
}

/**
 * What a cell gets that uses so much: that, and half of what nobody has, rounded up. So the first cell to ask takes
 * half at once and most of the rest as it grows, many that ask in turn come to equal parts, and a cell that asks for
 * the first time finds something though no other can be reached. What it needs now it gets as far as there is any.
 */
export function fairShare(
  shares: Shares,
  cell: string,
  { used, need }: Pick<ShareAsk, 'used' | 'need'>,
  quota: Amounts,
): Amounts {
  const others = sumOf(shares, cell, 'allowed');
  return eachOf((name) => {
    const free = Math.max(0, quota[name] - others[name] - used[name]);
    return used[name] + Math.max(Math.min(need[name] ?? 0, free), Math.ceil(free / 2));
  });
}

/** What of `need` is not within the share. */
export function shortOf(share: Pick<Share, 'allowed' | 'used'>, need: ShareAsk['need']): ShareAsk['need'] {
  const short: ShareAsk['need'] = {};
  for (const name of quotaNames) {
    const more = need[name] ?? 0;
    const missing = share.used[name] + more - share.allowed[name];
    if (more > 0 && missing > 0) short[name] = missing;
  }
  return short;
}

/** What a cell goes by from now on that gives back half of what it does not use, or what is needed elsewhere. */
export function keptAfterRecall(allowed: Amounts, used: Amounts, need: ShareAsk['need']): Amounts {
  return eachOf((name) => {
    const unused = Math.max(0, allowed[name] - used[name]);
    const wanted = need[name] ?? 0;
    return wanted === 0
      ? allowed[name]
      : allowed[name] - Math.min(unused, Math.max(wanted, Math.ceil(unused / 2)));
  });
}

/** Whether it holds so much more than its part that it should give back, and not for a single workspace's sake. */
export const isTooMuch = ({ allowed, fair }: Pick<ShareGrant, 'allowed' | 'fair'>): boolean =>
  quotaNames.some((name) => allowed[name] - fair[name] > allowed[name] / 4);

/** Of all cells but `except`. */
export function sumOf(shares: Shares, except: string | null, what: 'allowed' | 'used'): Amounts {
  const counted = Object.entries(shares).filter(([cell]) => cell !== except);
  return eachOf((name) => counted.reduce((sum, [, share]) => sum + share[what][name], 0));
}

export const eachOf = (of: (name: keyof Amounts) => number): Amounts => ({
  workspaces: of('workspaces'),
  runningSandboxes: of('runningSandboxes'),
  memoryBytes: of('memoryBytes'),
  storageBytes: of('storageBytes'),
});
