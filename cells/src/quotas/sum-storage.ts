/**
 * The bytes that a user, and all of his organisation, store in this cell, as last committed: files (with uploads
 * under way), what earlier versions of files hold beyond them, and what saves under way have reserved. One statement,
 * so that bytes which a commit moves from a reservation to a volume are in one of the two and never in both.
 */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { and, eq, gt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { storageReservations, storageTotals } from '../db/volumes.ts';
import type { Allowance } from './allowance.ts';

export interface StorageSum {
  files: Allowance;
  versions: Allowance;
  reserved: Allowance;
}

interface Holder {
  ownerId: UserId;
  orgId: OrgId;
}

export async function storageSum(
  from: Pick<Database, 'select'>,
  { ownerId, orgId }: Holder,
  nowMs: number,
): Promise<StorageSum> {
  const ofUser = (bytes: SQL, owner: SQL) =>
    sql<string>`coalesce(sum(${bytes}) filter (where ${owner} = ${ownerId}), 0)`;
  const ofAll = (bytes: SQL) => sql<string>`coalesce(sum(${bytes}), 0)`;
  const [reservedBytes, reservedFor] = [
    sql`${storageReservations.bytes}`,
    sql`${storageReservations.ownerId}`,
  ];
  const reserved = from
    .select({
      user: ofUser(reservedBytes, reservedFor).as('reserved_user'),
      organisation: ofAll(reservedBytes).as('reserved_organisation'),
    })
    .from(storageReservations)
    .where(and(eq(storageReservations.orgId, orgId), gt(storageReservations.expiresAt, new Date(nowMs))))
    .as('reserved');
  const owner = sql`${storageTotals.ownerId}`;
  const stored = from
    .select({
      filesUser: ofUser(sql`${storageTotals.files}`, owner).as('files_user'),
      filesOrganisation: ofAll(sql`${storageTotals.files}`).as('files_organisation'),
      versionsUser: ofUser(sql`${storageTotals.versions}`, owner).as('versions_user'),
      versionsOrganisation: ofAll(sql`${storageTotals.versions}`).as('versions_organisation'),
    })
    .from(storageTotals)
    .where(eq(storageTotals.orgId, orgId))
    .as('stored');
  const [sum] = await from.select().from(stored).innerJoin(reserved, sql`true`);
  return {
    files: both(sum?.stored.filesUser, sum?.stored.filesOrganisation),
    versions: both(sum?.stored.versionsUser, sum?.stored.versionsOrganisation),
    reserved: both(sum?.reserved.user, sum?.reserved.organisation),
  };
}

const both = (user: string | undefined, organisation: string | undefined): Allowance => ({
  user: Number(user ?? 0),
  organisation: Number(organisation ?? 0),
});

/** What counts: files and versions. */
export async function sumStorage(database: Pick<Database, 'select'>, holder: Holder): Promise<Allowance> {
  const { files, versions } = await storageSum(database, holder, 0);
  return { user: files.user + versions.user, organisation: files.organisation + versions.organisation };
}
