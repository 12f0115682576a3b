/** More of an organisation's quota for this cell, for somebody who would else be refused, and why there is none. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Usage } from '@cellbook/shared/protocol/quota.ts';
import type { Amounts, ShareAsk, ShareGrant } from '@cellbook/shared/protocol/quota-shares-api.ts';
import { quotaNames } from '@cellbook/shared/quota/shares.ts';
import type { OrgShares } from './org-shares.ts';

export interface Wanted {
  org: OrgId;
  used: Usage;
  more: ShareAsk['need'];
  doing: string;
}

/** False: all of the quota is used. Throws `quota_unavailable` where it is not, and this cell cannot have it now. */
export async function getMoreOf(
  shares: Pick<OrgShares, 'more'>,
  { org, used, more, doing }: Wanted,
): Promise<boolean> {
  const grant = await shares.more(org, more).catch((cause: unknown) => {
    throw unreachable(org, doing, cause);
  });
  if (grant.whole || hasRoomFor(grant, used, more)) return true;
  if (grant.unreached.length > 0) throw heldElsewhere(grant, doing);
  return false;
}

const hasRoomFor = ({ allowed }: ShareGrant, used: Usage, more: ShareAsk['need']): boolean =>
  quotaNames.every((name) => used[name].used + (more[name] ?? 0) <= allowed[name]);

export function withMore(usage: Usage, more: Amounts): Usage {
  const of = (name: keyof Usage) => ({ ...usage[name], used: usage[name].used + more[name] });
  return {
    workspaces: of('workspaces'),
    runningSandboxes: of('runningSandboxes'),
    memoryBytes: of('memoryBytes'),
    storageBytes: of('storageBytes'),
  };
}

const next = 'Suspend or delete what is not needed here, or try again in a while; what runs goes on.';
const retryAfterMs = limits.edge.unreachableRetryAfterMs;

const unreachable = (org: OrgId, doing: string, cause: unknown): CellbookError =>
  new CellbookError('quota_unavailable', {
    doing,
    problem:
      'this cell has used its share of your organisation’s quota, and the directory, which could give it more, cannot be reached',
    ids: { org },
    ...{ next, retryAfterMs, cause },
  });

const heldElsewhere = ({ org, unreached }: ShareGrant, doing: string): CellbookError =>
  new CellbookError('quota_unavailable', {
    doing,
    problem: 'what is left of your organisation’s quota is held by cells that cannot be reached',
    ids: { org, cells: unreached.join(' ') },
    ...{ next, retryAfterMs },
  });
