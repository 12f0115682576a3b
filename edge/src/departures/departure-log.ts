/** Memberships that have ended, as triggers have written them down (migrations/0016_departures.sql). */
import type { Clock } from '@cellbook/shared/clock.ts';
import { type RegionId, type UserId, userIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type DeparturesTold, departureSchema } from '@cellbook/shared/protocol/departures-api.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';

export interface DepartureLog {
  /** What is numbered above, oldest first, as far as one answer holds it; from the beginning where it was never given. */
  after(seq: number): Promise<Omit<DeparturesTold, 'mayLiveHere'>>;
  /** Those of them who have a membership, of whichever organisation, that leads to this region. */
  mayLiveIn(region: RegionId, users: readonly UserId[]): Promise<UserId[]>;
}

const { pageMax } = limits.departures;
const rowSchema = departureSchema.extend({ seq: z.int() });

export function createD1DepartureLog({ db, clock }: { db: D1Database; clock: Clock }): DepartureLog {
  const run = createBatch(db, clock);
  return {
    async after(seq) {
      const [newest, found] = await run([
        db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM departures'),
        db
          .prepare(
            `SELECT seq, user_id AS user, org_id AS org, left_at AS leftAtMs FROM departures
             WHERE seq > iif(?1 > (SELECT coalesce(max(seq), 0) FROM departures), 0, ?1) ORDER BY seq LIMIT ?2`,
          )
          .bind(seq, pageMax + 1),
      ]);
      const last = z.object({ seq: z.int() }).parse(newest?.results[0]).seq;
      const rows = z.array(rowSchema).parse(found?.results);
      const page = rows.slice(0, pageMax);
      const more = rows.length > page.length;
      const departures = page.map(({ seq: _number, ...departure }) => departure);
      return { upTo: more ? (page.at(-1)?.seq ?? last) : last, more, departures };
    },
    async mayLiveIn(region, users) {
      if (users.length === 0) return [];
      const [found] = await run([
        db
          .prepare(
            `SELECT DISTINCT users.id FROM json_each(?1) AS asked JOIN users ON users.id = asked.value
             JOIN members ON members.user_id = users.id
             LEFT JOIN org_policies ON org_policies.org_id = members.org_id
             WHERE coalesce(org_policies.region, users.region) = ?2`,
          )
          .bind(JSON.stringify(users), region),
      ]);
      const rows = z.array(z.object({ id: userIdSchema })).parse(found?.results);
      return rows.map(({ id }) => id);
    },
  };
}
