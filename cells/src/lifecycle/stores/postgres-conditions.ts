/** What the statements on `workspaces` have in common. */
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { and, eq, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import { workspaces } from '../../db/workspaces.ts';

export type Stored = typeof workspaces.$inferInsert;

export const inMs = (ttlMs: number): SQL => sql`now() + ${ttlMs}::float8 * interval '1 millisecond'`;
export const moment = (ms: number): Date => new Date(ms);

export const isHeld = (workspaceId: WorkspaceId, holder: string, epoch: number): SQL | undefined =>
  and(eq(workspaces.id, workspaceId), eq(workspaces.leaseHolder, holder), eq(workspaces.epoch, epoch));

export const isFreeFor = (holder: string): SQL | undefined =>
  or(
    isNull(workspaces.leaseHolder),
    eq(workspaces.leaseHolder, holder),
    sql`${workspaces.leaseExpiresAt} <= now()`,
  );

export const isOn = (hostIds: readonly HostId[]): SQL | undefined =>
  or(isNull(workspaces.hostId), inArray(workspaces.hostId, [...hostIds]));
