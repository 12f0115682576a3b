/**
 * What this cell holds of each organisation's quota, in Postgres beside what is counted. A change reads, decides
 * and writes under the lock under which workspaces are made and started, so that what is used never passes what
 * is gone by, whichever changes first.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { type OrgId, orgIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { type Amounts, amountsSchema } from '@cellbook/shared/protocol/quota-shares-api.ts';
import { type Held, nothingHeld } from '@cellbook/shared/quota/holder.ts';
import { and, asc, eq, isNull, lt, not, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { quotaShares } from '../../db/quotas.ts';
import { workspaces } from '../../db/workspaces.ts';
import { lockOrganisation, type Transaction } from '../count-workspaces.ts';
import { storageSum } from '../sum-storage.ts';

export interface ShareBook {
  read(org: OrgId): Promise<Held | null>;
  /** Writes what `decide` makes of it, and gives back what else it says. */
  change<Told>(
    org: OrgId,
    decide: (held: Held, used: Amounts) => { held: Held | null; told: Told },
  ): Promise<Told>;
  used(org: OrgId): Promise<Amounts>;
  /** Those that were last answered before then, the longest ago first. */
  answeredBefore(atMs: number, max: number): Promise<OrgId[]>;
}

export interface ShareBookDeps {
  database: Database;
  clock: Clock;
  /** What a sandbox may use. */
  sandboxBytes: number;
}

export function createShareBook({ database, clock, sandboxBytes }: ShareBookDeps): ShareBook {
  const usedIn = async (from: Reader, org: OrgId): Promise<Amounts> => {
    const counted = await countIn(from, org);
    const { files, versions, reserved } = await storageSum(
      from,
      { orgId: org, ownerId: nobody },
      clock.nowMs(),
    );
    return {
      ...counted,
      memoryBytes: counted.runningSandboxes * sandboxBytes,
      storageBytes: files.organisation + versions.organisation + reserved.organisation,
    };
  };
  return {
    read: (org) => heldIn(database, org),
    used: (org) => usedIn(database, org),
    async change(org, decide) {
      return database.transaction(async (tx) => {
        await lockOrganisation(tx, org);
        const before = (await heldIn(tx, org)) ?? nothingHeld;
        const { held, told } = decide(before, await usedIn(tx, org));
        if (held) await write(tx, org, held, sandboxBytes);
        return told;
      });
    },
    async answeredBefore(atMs, max) {
      const rows = await database
        .select({ orgId: quotaShares.orgId })
        .from(quotaShares)
        .where(and(not(quotaShares.whole), lt(quotaShares.answeredAt, new Date(atMs))))
        .orderBy(asc(quotaShares.answeredAt))
        .limit(max);
      return rows.map(({ orgId }) => orgIdSchema.parse(orgId));
    },
  };
}

/** What this cell goes by of the organisation's storage, for who holds its lock; nothing before it has a share. */
export async function storageShare(from: Reader, org: OrgId, nowMs: number): Promise<number> {
  const held = await heldIn(from, org);
  if (held?.whole) return Number.POSITIVE_INFINITY;
  return held && nowMs < held.endsAtMs ? held.allowed.storageBytes : 0;
}

type Reader = Pick<Database, 'select'>;
const nobody = userIdSchema.parse(`user-${'0'.repeat(20)}`);

async function countIn(from: Reader, org: OrgId) {
  const isRunning = sql`${workspaces.desired} = 'running' and not ${workspaces.dormant}`;
  const [counted] = await from
    .select({
      workspaces: sql<number>`count(*)::int`,
      runningSandboxes: sql<number>`count(*) filter (where ${isRunning})::int`,
    })
    .from(workspaces)
    .where(and(eq(workspaces.orgId, org), isNull(workspaces.purgedAt)));
  return counted ?? { workspaces: 0, runningSandboxes: 0 };
}

async function heldIn(from: Reader, org: OrgId): Promise<Held | null> {
  const [row] = await from.select().from(quotaShares).where(eq(quotaShares.orgId, org));
  if (!row) return null;
  return {
    ask: row.ask,
    allowed: amountsSchema.parse(row.allowed),
    told: amountsSchema.parse(row.told),
    usedElsewhere: amountsSchema.parse(row.usedElsewhere),
    whole: row.whole,
    endsAtMs: row.endsAt.getTime(),
    answeredAtMs: row.answeredAt.getTime(),
  };
}

async function write(tx: Transaction, org: OrgId, held: Held, sandboxBytes: number): Promise<void> {
  const { ask, allowed, told, usedElsewhere, whole } = held;
  const values = {
    ...{ ask, allowed, told, usedElsewhere, whole },
    endsAt: new Date(held.endsAtMs),
    answeredAt: new Date(held.answeredAtMs),
    workspaces: countable(allowed.workspaces),
    running: countable(Math.min(allowed.runningSandboxes, Math.floor(allowed.memoryBytes / sandboxBytes))),
  };
  await tx
    .insert(quotaShares)
    .values({ orgId: org, ...values })
    .onConflictDoUpdate({ target: quotaShares.orgId, set: values });
}

/** As Postgres counts: an operator may set a quota of any size. */
const countable = (amount: number): number => Math.min(amount, 2 ** 31 - 1);
