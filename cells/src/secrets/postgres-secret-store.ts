/** The secret store in Postgres. */
import { type OrgId, orgIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { and, eq, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { secretRemovals, secretSets, secrets } from '../db/secrets.ts';
import type { SecretOwner, SecretPlace } from './seal.ts';
import type { BroughtSecret, NewSecret, PutOutcome, SealedSecret, SecretStore } from './secret-store.ts';

export function createPostgresSecretStore(database: Database): SecretStore {
  const sealedRows = () => database.select(sealedColumns).from(secrets);
  return {
    isComplete: async (org) => (await database.$count(secretSets, eq(secretSets.orgId, org))) > 0,
    complete: (org, brought, nowMs) => complete(database, org, brought, nowMs),
    async list(owner) {
      const rows = await database
        .select({ name: secrets.name, updatedAt: secrets.updatedAt })
        .from(secrets)
        .where(eq(secrets.owner, owner))
        .orderBy(sql`${secrets.name} collate "C"`);
      return rows.map(({ name, updatedAt }) => ({ name, updatedAtMs: updatedAt.getTime() }));
    },
    sealedOf: async (owner) => (await sealedRows().where(eq(secrets.owner, owner))).map(sealedSecret),
    put: (secret) => put(database, secret),
    remove: (place) => remove(database, place),
    async removeAllOf(user) {
      const gone = await database
        .delete(secrets)
        .where(eq(secrets.owner, user))
        .returning({ name: secrets.name });
      return gone.length;
    },
    async wrappedByOthers(keyId, limit) {
      const rows = await sealedRows().where(ne(secrets.keyId, keyId)).limit(limit);
      return rows.map(sealedSecret);
    },
    async reseal(before, after) {
      const written = await database
        .update(secrets)
        .set({ sealed: after.text, keyId: after.keyId })
        .where(and(at(before), eq(secrets.sealed, before.sealed.text)))
        .returning({ name: secrets.name });
      return written.length > 0;
    },
  };
}

/** Under a lock on the owner, so that two at once do not both find room for one. */
function put(database: Database, secret: NewSecret): Promise<PutOutcome> {
  const { owner, name, sealed, valueBytes, nowMs } = secret;
  const { perOwnerMax, totalBytesPerOwnerMax } = limits.secrets;
  return database.transaction(async (tx) => {
    await lockOwner(tx, owner);
    const [others] = await tx
      .select({
        count: sql<number>`count(*)::int`,
        bytes: sql<number>`coalesce(sum(${secrets.valueBytes}), 0)::int`,
      })
      .from(secrets)
      .where(and(eq(secrets.owner, owner), ne(secrets.name, name)));
    if ((others?.count ?? 0) >= perOwnerMax) return 'too_many';
    if ((others?.bytes ?? 0) + valueBytes > totalBytesPerOwnerMax) return 'too_large';
    const values = { sealed: sealed.text, keyId: sealed.keyId, valueBytes, updatedAt: new Date(nowMs) };
    await tx
      .insert(secrets)
      .values({ owner, name, ...values })
      .onConflictDoUpdate({ target: [secrets.owner, secrets.name], set: values });
    await tx
      .delete(secretRemovals)
      .where(and(eq(secretRemovals.orgId, owner), eq(secretRemovals.name, name)));
    return 'saved';
  });
}

/** Remembered while what others have may still come: it would bring the secret back. */
function remove(database: Database, place: SecretPlace): Promise<boolean> {
  return database.transaction(async (tx) => {
    const { owner, name } = place;
    await lockOwner(tx, owner);
    const gone = await tx.delete(secrets).where(at(place)).returning({ name: secrets.name });
    const isOfUser = userIdSchema.safeParse(owner).success;
    if (!isOfUser && (await tx.$count(secretSets, eq(secretSets.orgId, owner))) === 0)
      await tx.insert(secretRemovals).values({ orgId: owner, name }).onConflictDoNothing();
    return gone.length > 0;
  });
}

function complete(
  database: Database,
  org: OrgId,
  brought: readonly BroughtSecret[],
  nowMs: number,
): Promise<void> {
  return database.transaction(async (tx) => {
    await lockOwner(tx, org);
    const [first] = await tx
      .insert(secretSets)
      .values({ orgId: org, since: new Date(nowMs) })
      .onConflictDoNothing()
      .returning();
    if (!first) return;
    const removals = await tx.select().from(secretRemovals).where(eq(secretRemovals.orgId, org));
    const removed = new Set(removals.map(({ name }) => name));
    const rows = brought
      .filter(({ name }) => !removed.has(name))
      .map(({ owner, name, sealed, valueBytes, updatedAtMs }) => ({
        ...{ owner, name, valueBytes, sealed: sealed.text, keyId: sealed.keyId },
        updatedAt: new Date(updatedAtMs),
      }));
    if (rows.length > 0) await tx.insert(secrets).values(rows).onConflictDoNothing();
    await tx.delete(secretRemovals).where(eq(secretRemovals.orgId, org));
  });
}

/** Whoever changes an owner's secrets goes in turn. */
async function lockOwner(tx: Transaction, owner: SecretOwner): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`secrets ${owner}`}, 0))`);
}
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

const at = ({ owner, name }: SecretPlace) => and(eq(secrets.owner, owner), eq(secrets.name, name));

const sealedColumns = {
  owner: secrets.owner,
  name: secrets.name,
  text: secrets.sealed,
  keyId: secrets.keyId,
};
const ownerSchema = z.union([userIdSchema, orgIdSchema]);

function sealedSecret(row: { owner: string; name: string; text: string; keyId: string }): SealedSecret {
  const { owner, name, text, keyId } = row;
  return { owner: ownerSchema.parse(owner), name, sealed: { text, keyId } };
}
