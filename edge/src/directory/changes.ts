/**
 * What every edge reads whole of the directory beside pins and revocations: whose claims changed and when, and
 * what organisations have decided. On D1; rows come from `noteChange` (d1-batch.ts) and from the organisations.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { type OrgId, orgIdSchema, type RegionId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { type AuditPolicy, auditPolicySchema } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';
import { log } from '../log.ts';
import { createBatch } from './d1-batch.ts';

/** Of a user, an organisation or a key (its id): credentials issued before say what no longer holds. */
export type Changes = ReadonlyMap<string, number>;

/**
 * In `Changes`: there are more than are held, and what changed until then may be missing. Whoever's credential is
 * older counts as changed then, and is read anew. In `Policies`: an organisation that is not held may have one.
 */
export const everybody = '*';

export interface OrgPolicy {
  /** Where members' workspaces live; null: each at home. */
  region: RegionId | null;
  quotas: unknown;
  /** What its audit log records and keeps beyond its tier's. */
  audit: AuditPolicy;
  /** Grows with every change of it. */
  changedAtMs: number;
}
/** Null: there is one, and it cannot be read. */
export type Policies = ReadonlyMap<OrgId | typeof everybody, OrgPolicy | null>;
/** As they are written down. */
export const policiesSchema = z.array(
  z.tuple([
    z.union([orgIdSchema, z.literal(everybody)]),
    z
      .object({
        region: regionIdSchema.nullable(),
        quotas: z.unknown(),
        audit: auditPolicySchema.default({}),
        changedAtMs: z.int().default(0),
      })
      .nullable(),
  ]),
);

const changeSchema = z.object({ subject: z.string(), at: z.int() });
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'no JSON' });
    return z.NEVER;
  }
});
const ownerSchema = z.object({ org_id: orgIdSchema });
const policySchema = z.object({
  region: regionIdSchema.nullable(),
  quotas: json,
  audit: json.pipe(auditPolicySchema),
  changedAtMs: z.int(),
});
const policyColumns = 'org_id, region, quotas, audit, changed_at AS changedAtMs';

export interface D1Changes {
  changes(max: number): Promise<Map<string, number>>;
  policies(max: number): Promise<Policies>;
  /** Undefined: none. Null: one that cannot be read. */
  policyOf(org: OrgId): Promise<OrgPolicy | null | undefined>;
}

export function createD1Changes({ db, clock }: { db: D1Database; clock: Clock }): D1Changes {
  const run = createBatch(db, clock);
  return {
    async changes(max) {
      const [found] = await run([
        db
          .prepare('SELECT subject, at FROM changes WHERE until > ? ORDER BY at DESC LIMIT ?')
          .bind(clock.nowMs(), max + 1),
      ]);
      const rows = (found?.results ?? []).map((row) => changeSchema.parse(row));
      const [first] = rows.slice(max);
      const held = rows.slice(0, max).map(({ subject, at }) => [subject, at] as const);
      return new Map([...held, ...(first ? [[everybody, first.at] as const] : [])]);
    },
    async policies(max) {
      const [found] = await run([
        db
          .prepare(`SELECT ${policyColumns} FROM org_policies ORDER BY changed_at DESC LIMIT ?`)
          .bind(max + 1),
      ]);
      const rows = found?.results ?? [];
      const held = new Map<OrgId | typeof everybody, OrgPolicy | null>();
      for (const row of rows.slice(0, max)) {
        const { data: owner } = ownerSchema.safeParse(row);
        // Of no organisation that there can be: nobody's.
        if (owner) held.set(owner.org_id, readPolicy(owner.org_id, row));
      }
      if (rows.length > max) held.set(everybody, null);
      return held;
    },
    async policyOf(org) {
      const [found] = await run([
        db.prepare(`SELECT ${policyColumns} FROM org_policies WHERE org_id = ?`).bind(org),
      ]);
      const [row] = found?.results ?? [];
      return row === undefined ? undefined : readPolicy(org, row);
    },
  };
}

/** One that cannot be read stops its own organisation alone, and is told at every reading until it is mended. */
function readPolicy(org: OrgId, row: unknown): OrgPolicy | null {
  const read = policySchema.safeParse(row);
  if (read.success) return read.data;
  log('error', 'the policy of an organisation cannot be read: its members are refused until it is set anew', {
    ids: { org },
    cause: read.error,
  });
  return null;
}
