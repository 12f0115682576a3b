/**
 * What every edge reads whole of the directory beside pins and revocations: whose claims changed and when, and
 * what organisations have decided. On D1; rows come from `noteChange` (d1-batch.ts) and from the organisations.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { type OrgId, orgIdSchema, type RegionId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type AuditPolicy, auditPolicySchema } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';
import { createBatch } from './d1-batch.ts';

/** Of a user, an organisation or a key (its id): credentials issued before say what no longer holds. */
export type Changes = ReadonlyMap<string, number>;

export interface OrgPolicy {
  /** Where members' workspaces live; null: each at home. */
  region: RegionId | null;
  quotas: unknown;
  /** What its audit log records and keeps beyond its tier's. */
  audit: AuditPolicy;
}
export type Policies = ReadonlyMap<OrgId, OrgPolicy>;
/** As they are written down. */
export const policiesSchema = z.array(
  z.tuple([
    orgIdSchema,
    z.object({
      region: regionIdSchema.nullable(),
      quotas: z.unknown(),
      audit: auditPolicySchema.default({}),
    }),
  ]),
);

const changeSchema = z.object({ subject: z.string(), at: z.int() });
const json = z.string().transform((text): unknown => JSON.parse(text));
const policySchema = z.object({
  org_id: orgIdSchema,
  region: regionIdSchema.nullable(),
  quotas: json,
  audit: json.pipe(auditPolicySchema),
});

export function createD1Changes({ db, clock }: { db: D1Database; clock: Clock }) {
  const run = createBatch(db, clock);
  return {
    async changes(): Promise<Map<string, number>> {
      const [found] = await run([
        db
          .prepare('SELECT subject, at FROM changes WHERE until > ? ORDER BY at DESC LIMIT ?')
          .bind(clock.nowMs(), limits.edge.changesMax),
      ]);
      const rows = (found?.results ?? []).map((row) => changeSchema.parse(row));
      return new Map(rows.map(({ subject, at }) => [subject, at]));
    },
    async policies(): Promise<Map<OrgId, OrgPolicy>> {
      const [found] = await run([
        db
          .prepare('SELECT org_id, region, quotas, audit FROM org_policies LIMIT ?')
          .bind(limits.edge.policiesMax),
      ]);
      const rows = (found?.results ?? []).map((row) => policySchema.parse(row));
      return new Map(rows.map(({ org_id, ...policy }) => [org_id, policy]));
    },
  };
}
