/**
 * Room in the quota of storage for one save, taken before anything is written:
 *
 *     reserve (under the organisation's lock: is there room beside what is stored and reserved?)
 *        │ no ──▶ refused, nothing was written
 *        ▼
 *     write ─▶ commit: the volume grows and the reservation shrinks, in one statement
 *        ▼
 *     release what is left
 *
 * So of any number of saves at once exactly those that fit go through, and one that was let through cannot fail for
 * want of room. What a process that died had reserved comes back when it expires.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { and, eq, lte } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { storageReservations } from '../db/volumes.ts';
import type { Allowance } from './allowance.ts';
import { lockOrganisation } from './count-workspaces.ts';
import type { Tenant } from './quota-guard.ts';
import { storageShare } from './shares/share-book.ts';
import { storageSum } from './sum-storage.ts';

export interface Reserve {
  id: string;
  tenant: Tenant;
  bytes: number;
  max: Allowance;
  nowMs: number;
}

/** Null where there was room and it is reserved now; else what is used by whoever has too little. */
export function reserveStorage(
  database: Database,
  { id, tenant, bytes, max, nowMs }: Reserve,
): Promise<{ holder: 'user' | 'organisation'; used: number } | null> {
  const { ownerId, orgId } = tenant;
  return database.transaction(async (tx) => {
    await lockOrganisation(tx, orgId);
    const { files, versions, reserved } = await storageSum(tx, tenant, nowMs);
    const share = max.isShared ? await storageShare(tx, orgId, nowMs) : max.organisation;
    const most = { user: max.user, organisation: Math.min(max.organisation, share) };
    for (const holder of ['user', 'organisation'] as const) {
      const used = files[holder] + versions[holder] + reserved[holder];
      if (used + bytes > most[holder]) return { holder, used };
    }
    const expired = lte(storageReservations.expiresAt, new Date(nowMs));
    await tx.delete(storageReservations).where(and(eq(storageReservations.orgId, orgId), expired));
    const expiresAt = new Date(nowMs + limits.quota.reservationTtlMs);
    await tx.insert(storageReservations).values({ id, orgId, ownerId, bytes, expiresAt });
    return null;
  });
}

export async function releaseStorage(database: Database, id: string): Promise<void> {
  await database.delete(storageReservations).where(eq(storageReservations.id, id));
}
