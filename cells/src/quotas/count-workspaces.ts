/** What a user and his organisation have, counted in Postgres under the organisation's lock. */
import type { OrgId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { and, eq, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { workspaces } from '../db/workspaces.ts';
import type { Allowance } from './allowance.ts';

export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** One organisation's changes queue up here: otherwise two could both see room for one more. */
export async function lockOrganisation(tx: Transaction, orgId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${orgId}, 0))`);
}

interface Tenant {
  ownerId: UserId;
  orgId: OrgId;
}

export const countWorkspaces = (from: Pick<Database, 'select'>, tenant: Tenant): Promise<Allowance> =>
  count(from, tenant, undefined);

/** Those that are wanted running and not put to sleep by the cell; `except` is not counted. */
export const countRunning = (
  from: Pick<Database, 'select'>,
  tenant: Tenant,
  except?: WorkspaceId,
): Promise<Allowance> =>
  count(
    from,
    tenant,
    and(
      eq(workspaces.desired, 'running'),
      sql`not ${workspaces.dormant}`,
      except === undefined ? undefined : ne(workspaces.id, except),
    ),
  );

async function count(
  from: Pick<Database, 'select'>,
  { ownerId, orgId }: Tenant,
  which: SQL | undefined,
): Promise<Allowance> {
  const [counted] = await from
    .select({
      user: sql<number>`count(*) filter (where ${workspaces.ownerId} = ${ownerId})::int`,
      organisation: sql<number>`count(*)::int`,
    })
    .from(workspaces)
    .where(and(eq(workspaces.orgId, orgId), isNull(workspaces.purgedAt), which));
  return counted ?? { user: 0, organisation: 0 };
}
