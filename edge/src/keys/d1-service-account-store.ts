/** Service accounts on D1. Each method is one batch, which D1 runs as a transaction. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { createBatch, noteServiceAccountChange } from '../directory/d1-batch.ts';
import {
  type ServiceAccountStore,
  serviceAccountSchema,
  tooManyServiceAccounts,
} from './service-account-store.ts';

const columns = `id, org_id AS orgId, name, role, region, created_by AS createdBy, created_at AS createdAtMs,
  disabled_at AS disabledAtMs`;

export function createD1ServiceAccountStore(deps: { db: D1Database; clock: Clock }): ServiceAccountStore {
  const { db, clock } = deps;
  const run = createBatch(db, clock);
  const one = (orgId: string, id: string) =>
    db.prepare(`SELECT ${columns} FROM service_accounts WHERE org_id = ? AND id = ?`).bind(orgId, id);
  const parse = (row: unknown) => (row === undefined ? null : serviceAccountSchema.parse(row));

  return {
    async create({ id, orgId, name, role, region, createdBy, createdAtMs }) {
      const results = await run([
        db
          .prepare(
            `INSERT INTO service_accounts (id, org_id, name, role, region, created_by, created_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
             WHERE ?8 > (SELECT count(*) FROM service_accounts WHERE org_id = ?2) ON CONFLICT (id) DO NOTHING`,
          )
          .bind(id, orgId, name, role, region, createdBy, createdAtMs, limits.edge.serviceAccountsPerOrgMax),
        one(orgId, id),
      ]);
      const account = parse(results[1]?.results[0]);
      if (!account) throw tooManyServiceAccounts(orgId);
      return account;
    },
    async list(orgId) {
      const [found] = await run([
        db
          .prepare(`SELECT ${columns} FROM service_accounts WHERE org_id = ? ORDER BY created_at, rowid`)
          .bind(orgId),
      ]);
      return (found?.results ?? []).map((row) => serviceAccountSchema.parse(row));
    },
    async get(orgId, id) {
      const [found] = await run([one(orgId, id)]);
      return parse(found?.results[0]);
    },
    async change(orgId, id, { name, role, disabled }, nowMs) {
      const results = await run([
        db
          .prepare(
            `UPDATE service_accounts SET name = coalesce(?3, name), role = coalesce(?4, role),
               disabled_at = CASE ?5 WHEN 1 THEN coalesce(disabled_at, ?6) WHEN 0 THEN NULL ELSE disabled_at END
             WHERE org_id = ?1 AND id = ?2`,
          )
          .bind(
            orgId,
            id,
            name ?? null,
            role ?? null,
            disabled === undefined ? null : Number(disabled),
            nowMs,
          ),
        noteServiceAccountChange(db, orgId, id, nowMs),
        db
          .prepare(
            `INSERT INTO revocations SELECT id, expires_at FROM api_keys
             WHERE ?1 AND user_id = ?2 AND org_id = ?3 AND revoked_at IS NULL AND expires_at > ?4
             ON CONFLICT DO NOTHING`,
          )
          .bind(Number(disabled === true), id, orgId, nowMs),
        db
          .prepare(
            `UPDATE api_keys SET revoked_at = ?4
             WHERE ?1 AND user_id = ?2 AND org_id = ?3 AND revoked_at IS NULL AND expires_at > ?4`,
          )
          .bind(Number(disabled === true), id, orgId, nowMs),
        one(orgId, id),
      ]);
      return parse(results[4]?.results[0]);
    },
  };
}
