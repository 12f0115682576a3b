import type { Clock } from '@cellbook/shared/clock.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { type Person, personSchema } from '../identity/identity.ts';
import { createBatch } from './d1-batch.ts';

/** What a service account is in its organisation now; null for one that is disabled, and for people. */
export function createServiceStanding({ db, clock }: { db: D1Database; clock: Clock }) {
  const run = createBatch(db, clock);
  return async (id: UserId, org: OrgId): Promise<Person | null> => {
    const [found] = await run([
      db
        .prepare(
          `SELECT accounts.id AS sub, accounts.org_id AS org, accounts.name, accounts.role, orgs.tier,
             coalesce(org_policies.region, accounts.region) AS region
           FROM service_accounts AS accounts JOIN orgs ON orgs.id = accounts.org_id
           LEFT JOIN org_policies ON org_policies.org_id = accounts.org_id
           WHERE accounts.id = ?1 AND accounts.org_id = ?2 AND accounts.disabled_at IS NULL`,
        )
        .bind(id, org),
    ]);
    const row = found?.results[0];
    return row === undefined ? null : personSchema.parse(row);
  };
}
