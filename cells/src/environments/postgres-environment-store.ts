/**
 * In Postgres. Whoever captures or sweeps locks the organisation's row for as long as one statement takes to look and
 * to write down; leases are by the server's clock.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type OrgId, orgIdSchema, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { environmentStateSchema } from '@cellbook/shared/protocol/environment-api.ts';
import { and, asc, eq, gt, isNull, lte, or, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import {
  environmentCaptures as captures,
  environments,
  environmentStores as stores,
} from '../db/environments.ts';
import { volumes } from '../db/volumes.ts';
import { workspaces } from '../db/workspaces.ts';
import {
  type Environment,
  type EnvironmentStore,
  type EnvironmentTotals,
  type Layer,
  layerSchema,
  type Owner,
} from './environment-store.ts';
import { captureOver, nothingBefore, notOwned } from './refusals.ts';
import { layersOf, previousOf, swapped } from './swap.ts';

type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export function createPostgresEnvironmentStore(database: Database): EnvironmentStore {
  return {
    read: (workspaceId) => read(database, workspaceId),
    async orgOf(workspaceId) {
      const [row] = await database
        .select({ orgId: workspaces.orgId })
        .from(workspaces)
        .where(eq(workspaces.id, workspaceId));
      return row ? orgIdSchema.parse(row.orgId) : null;
    },
    beginCapture: (orgId, captureId, leaseMs) =>
      database.transaction(async (tx) => {
        const store = await lockStore(tx, orgId);
        if (store.isSwept) return null;
        await tx.insert(captures).values({ id: captureId, orgId, expiresAt: inMs(leaseMs) });
        return { sweeps: store.sweeps };
      }),
    commit: ({ workspaceId, orgId, epoch, captureId, layer }) =>
      database.transaction(async (tx) => {
        await lockStore(tx, orgId);
        const mine = and(eq(captures.id, captureId), gt(captures.expiresAt, sql`now()`));
        const [held] = await tx.delete(captures).where(mine).returning();
        if (!held) throw captureOver(workspaceId);
        await assertOwner(tx, workspaceId, { epoch });
        const found = await read(tx, workspaceId);
        const previous = previousOf(found, layer);
        await write(tx, { workspaceId, orgId, state: 'ready', problem: null, layer, previous });
        if (found?.previous && found.previous.root !== previous?.root) await setDue(tx, orgId);
      }),
    async endCapture(captureId) {
      await database.delete(captures).where(eq(captures.id, captureId));
    },
    reset: (workspaceId, by, to) =>
      database.transaction(async (tx) => {
        await assertOwner(tx, workspaceId, by);
        const found = await read(tx, workspaceId);
        if (!found) {
          if (to === 'previous') throw nothingBefore(workspaceId);
          return null;
        }
        const [clock] = await tx.execute<{ ms: string }>(
          sql`select (extract(epoch from now()) * 1000)::text as ms`,
        );
        const after = swapped(found, to, Math.floor(Number(clock?.ms ?? 0)));
        if (!after) throw nothingBefore(workspaceId);
        await write(tx, after);
        await setDue(tx, found.orgId);
        return after;
      }),
    async setState(workspaceId, state, problem) {
      await database
        .update(environments)
        .set({ state, problem })
        .where(eq(environments.workspaceId, workspaceId));
    },
    destroy: (workspaceId) =>
      database.transaction(async (tx) => {
        const [gone] = await tx
          .delete(environments)
          .where(eq(environments.workspaceId, workspaceId))
          .returning({ orgId: environments.orgId });
        if (gone) await setDue(tx, orgIdSchema.parse(gone.orgId));
      }),
    async due(max) {
      const found = await database
        .select({ orgId: stores.orgId })
        .from(stores)
        .where(and(lte(stores.dueAt, sql`now()`), notSwept))
        .orderBy(asc(stores.dueAt))
        .limit(max);
      return found.map(({ orgId }) => orgIdSchema.parse(orgId));
    },
    totals: () => totals(database),
    layers: (orgId) => layersOfOrg(database, orgId),
    beginSweep: (orgId, leaseMs) =>
      database.transaction(async (tx) => {
        const store = await lockStore(tx, orgId);
        if (store.isSwept) return null;
        await tx.delete(captures).where(and(eq(captures.orgId, orgId), lte(captures.expiresAt, sql`now()`)));
        const [busy] = await tx.select().from(captures).where(eq(captures.orgId, orgId)).limit(1);
        if (busy) return null;
        const sweeps = store.sweeps + 1;
        const set = { sweeps, sweepingUntil: inMs(leaseMs) };
        await tx.update(stores).set(set).where(eq(stores.orgId, orgId));
        return { sweeps, layers: await layersOfOrg(tx, orgId) };
      }),
    async renewSweep(orgId, sweeps, leaseMs) {
      const mine = and(
        eq(stores.orgId, orgId),
        eq(stores.sweeps, sweeps),
        gt(stores.sweepingUntil, sql`now()`),
      );
      const renewed = await database
        .update(stores)
        .set({ sweepingUntil: inMs(leaseMs) })
        .where(mine)
        .returning();
      return renewed.length === 1;
    },
    async endSweep(orgId, sweeps) {
      const mine = and(eq(stores.orgId, orgId), eq(stores.sweeps, sweeps));
      await database.update(stores).set({ sweepingUntil: null }).where(mine);
    },
    async swept(orgId) {
      await database.update(stores).set({ dueAt: null }).where(eq(stores.orgId, orgId));
    },
  };
}

async function totals(database: Database): Promise<EnvironmentTotals> {
  const [sums] = await database.execute<{ counted: string; layers: string }>(sql`
    with referred as (
      select org_id, layer ->> 'root' as root, bytes from environments where state = 'ready'
      union all
      select org_id, previous ->> 'root', (previous ->> 'bytes')::bigint from environments where previous is not null),
    layers as (select max(bytes) as bytes from referred where root is not null group by org_id, root)
    select (select coalesce(sum(bytes), 0) from environments)::text as counted,
      (select coalesce(sum(bytes), 0) from layers)::text as layers`);
  return { countedBytes: Number(sums?.counted ?? 0), layerBytes: Number(sums?.layers ?? 0) };
}

async function layersOfOrg(from: Database | Transaction, orgId: OrgId): Promise<Layer[]> {
  const rows = await from.select().from(environments).where(eq(environments.orgId, orgId));
  return rows.map(parse).flatMap(layersOf);
}

const inMs = (ms: number) => sql<Date>`now() + ${`${ms} milliseconds`}::interval`;
const notSwept = or(isNull(stores.sweepingUntil), lte(stores.sweepingUntil, sql`now()`));

async function lockStore(tx: Transaction, orgId: OrgId): Promise<{ sweeps: number; isSwept: boolean }> {
  await tx.insert(stores).values({ orgId, sweeps: 0 }).onConflictDoNothing();
  const [row] = await tx
    .select({
      sweeps: stores.sweeps,
      isSwept: sql<boolean>`coalesce(${stores.sweepingUntil} > now(), false)`,
    })
    .from(stores)
    .where(eq(stores.orgId, orgId))
    .for('update');
  if (!row)
    throw new CellbookError('internal', {
      doing: 'locking the layers of an organisation',
      problem: 'no row',
    });
  return row;
}

/** Soon, and never later than it was due before. */
async function setDue(tx: Transaction, orgId: OrgId): Promise<void> {
  const dueAt = inMs(limits.environments.sweepAfterMs);
  await tx
    .insert(stores)
    .values({ orgId, sweeps: 0, dueAt })
    .onConflictDoUpdate({ target: stores.orgId, set: { dueAt: sql`least(${stores.dueAt}, ${dueAt})` } });
}

/** Held until the transaction ends: nobody takes the files over meanwhile. */
async function assertOwner(tx: Transaction, workspaceId: WorkspaceId, by: Owner): Promise<void> {
  const [row] = await tx
    .select({ epoch: volumes.epoch, attachedHost: volumes.attachedHost })
    .from(volumes)
    .where(eq(volumes.workspaceId, workspaceId))
    .for('share');
  const isOwner = by === 'stored' ? row?.attachedHost === null : row?.epoch === by.epoch;
  if (!isOwner) throw notOwned(workspaceId);
}

async function write(tx: Transaction, environment: Environment): Promise<void> {
  const { workspaceId, layer, ...rest } = environment;
  const set = { ...rest, layer, files: layer.files, bytes: layer.bytes };
  await tx
    .insert(environments)
    .values({ workspaceId, ...set })
    .onConflictDoUpdate({ target: environments.workspaceId, set });
}

async function read(from: Database | Transaction, workspaceId: WorkspaceId): Promise<Environment | null> {
  const [row] = await from.select().from(environments).where(eq(environments.workspaceId, workspaceId));
  return row ? parse(row) : null;
}

const parse = (row: typeof environments.$inferSelect): Environment => ({
  workspaceId: workspaceIdSchema.parse(row.workspaceId),
  orgId: orgIdSchema.parse(row.orgId),
  state: environmentStateSchema.parse(row.state),
  problem: row.problem,
  layer: layerSchema.parse(row.layer),
  previous: layerSchema.nullable().parse(row.previous),
});
