/** The bytes that a user's files, and all of his organisation's, are in this cell, as last committed. */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { volumes } from '../db/volumes.ts';
import { workspaces } from '../db/workspaces.ts';
import type { Allowance } from './allowance.ts';

export async function sumStorage(
  database: Database,
  { ownerId, orgId }: { ownerId: UserId; orgId: OrgId },
): Promise<Allowance> {
  const [sum] = await database
    .select({
      user: sql<string>`coalesce(sum(${volumes.bytes}) filter (where ${workspaces.ownerId} = ${ownerId}), 0)`,
      organisation: sql<string>`coalesce(sum(${volumes.bytes}), 0)`,
    })
    .from(workspaces)
    .innerJoin(volumes, eq(volumes.workspaceId, workspaces.id))
    .where(and(eq(workspaces.orgId, orgId), isNull(workspaces.purgedAt)));
  return { user: Number(sum?.user ?? 0), organisation: Number(sum?.organisation ?? 0) };
}
