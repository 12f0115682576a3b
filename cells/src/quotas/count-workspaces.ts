/** What a user and his organisation have, counted in Postgres under the organisation's lock. */
import type { OrgId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { and, eq, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { quotaShares } from '../db/quotas.ts';
import { workspaces } from '../db/workspaces.ts';
import type { Counted } from './allowance.ts';

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** One organisation's changes queue up here: otherwise two could both see room for one more. */
export async function lockOrganisation(tx: Transaction, orgId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${orgId}, 0))`);
}

interface Tenant {
  ownerId: UserId;
  orgId: OrgId;
}

export const countWorkspaces = (from: Pick<Database, 'select'>, tenant: Tenant): Promise<Counted> =>
  count(from, tenant, quotaShares.workspaces, undefined);

/** Those that are wanted running and not put to sleep by the cell; `except` is not counted. */
export const countRunning = (
  from: Pick<Database, 'select'>,
  tenant: Tenant,
  except?: WorkspaceId,
): Promise<Counted> =>
  count(
    from,
    tenant,
    quotaShares.running,
    and(
      eq(workspaces.desired, 'running'),
      sql`not ${workspaces.dormant}`,
      except === undefined ? undefined : ne(workspaces.id, except),
    ),
  );

async function count(
  from: Pick<Database, 'select'>,
  { ownerId, orgId }: Tenant,
  share: typeof quotaShares.workspaces | typeof quotaShares.running,
  which: SQL | undefined,
): Promise<Counted> {
  const [counted] = await from
    .select({
      user: sql<number>`count(*) filter (where ${workspaces.ownerId} = ${ownerId})::int`,
      organisation: sql<number>`count(*)::int`,
      share: shareOf(orgId, share),
    })
    .from(workspaces)
    .where(and(eq(workspaces.orgId, orgId), isNull(workspaces.purgedAt), which));
  return counted ?? { user: 0, organisation: 0, share: null };
}

/** In the statement that counts, so that a share which is given back and a workspace that is made see each other. */
const shareOf = (orgId: OrgId, share: typeof quotaShares.workspaces | typeof quotaShares.running) =>
  sql<number | null>`(select case when ${quotaShares.whole} then ${2 ** 31 - 1}
    when ${quotaShares.endsAt} > now() then ${share} else 0 end
    from ${quotaShares} where ${quotaShares.orgId} = ${orgId})`;
