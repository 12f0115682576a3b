import type { Clock } from '@cellbook/shared/clock.ts';
import { type RegionId, regionIdSchema, type UserId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import type { Identity } from '../identity/identity.ts';
import { createBatch } from './d1-batch.ts';

/** Where a user lives who is addressed by another; null where that other may not see him. */
export type RegionOf = (user: UserId, by: Pick<Identity, 'org' | 'role'>) => Promise<RegionId | null>;

const foundSchema = z.object({ region: regionIdSchema });

/**
 * A member, person or service account, lives where the organisation that the asker acts in places him. An
 * operator finds everybody else in the organisation of his own.
 */
export function createD1RegionOf({ db, clock }: { db: D1Database; clock: Clock }): RegionOf {
  const run = createBatch(db, clock);
  return async (user, { org, role }) => {
    const [member, anybody] = await run([
      db
        .prepare(
          `SELECT coalesce(org_policies.region, found.region) AS region FROM (
             SELECT users.region, members.org_id FROM users JOIN members ON members.user_id = users.id
               WHERE users.id = ?1 AND members.org_id = ?2
             UNION ALL SELECT region, org_id FROM service_accounts WHERE id = ?1 AND org_id = ?2) AS found
           LEFT JOIN org_policies ON org_policies.org_id = found.org_id`,
        )
        .bind(user, org),
      db
        .prepare(
          `SELECT coalesce(org_policies.region, found.region) AS region FROM (
             SELECT region, home_org_id AS org_id FROM users WHERE id = ?1
             UNION ALL SELECT region, org_id FROM service_accounts WHERE id = ?1) AS found
           LEFT JOIN org_policies ON org_policies.org_id = found.org_id`,
        )
        .bind(user),
    ]);
    const row = member?.results[0] ?? (role === 'operator' ? anybody?.results[0] : undefined);
    return row === undefined ? null : foundSchema.parse(row).region;
  };
}
