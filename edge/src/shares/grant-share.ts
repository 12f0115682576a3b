/** One ask of a cell, decided (shared/src/quota/shares.ts) and written down, whoever else asks meanwhile. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Amounts, ShareAsk } from '@cellbook/shared/protocol/quota-shares-api.ts';
import { type Decision, decideShare, type Shares } from '@cellbook/shared/quota/shares.ts';
import type { ShareStore } from './share-store.ts';

export interface ShareRules {
  quota: Amounts;
  /** The cells that the pins name. */
  isCell(id: string): boolean;
}

/** The decision, and the shares of all cells after it. Throws `store_unavailable`. */
export async function grantShare(
  store: ShareStore,
  cell: string,
  ask: ShareAsk,
  { quota, isCell }: ShareRules,
  nowMs: number,
): Promise<{ decision: Decision; shares: Shares }> {
  for (let attempt = 0; attempt < limits.quota.shareWriteAttemptsMax; attempt++) {
    const kept = await store.read(ask.org);
    const shares = withoutGone(kept.shares, isCell, nowMs);
    const decision = decideShare(shares, cell, ask, quota, nowMs);
    if (decision.kind !== 'granted') return { decision, shares };
    if (Object.keys(decision.shares).length > limits.quota.shareCellsMax) throw tooMany(ask.org);
    if (await store.replace(ask.org, kept.version, decision.shares))
      return { decision, shares: decision.shares };
  }
  throw busy(ask.org);
}

/** A cell that an operator has taken away, and that does not go by its share any more either. */
function withoutGone(shares: Shares, isCell: (id: string) => boolean, nowMs: number): Shares {
  const isThere = ([id, { atMs }]: [string, { atMs: number }]) =>
    isCell(id) || nowMs - atMs < limits.quota.shareMs;
  return Object.fromEntries(Object.entries(shares).filter(isThere));
}

const doing = (org: OrgId): string => `granting a cell a share of the quota of ${org}`;

const busy = (org: OrgId): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: doing(org),
    problem: 'too many cells ask at once',
    next: 'Ask again in a second.',
    retryAfterMs: limits.edge.unreachableRetryAfterMs,
  });

const tooMany = (org: OrgId): CellbookError =>
  new CellbookError('quota_exceeded', {
    doing: doing(org),
    problem: `it is in ${limits.quota.shareCellsMax} cells already`,
    next: 'Pin its people to fewer cells.',
  });
