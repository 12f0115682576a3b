import { asStoreOutage } from '@cellbook/shared/store-outage.ts';
import type { Database } from '../db/database.ts';
import type { LeaderStore } from './leader-store.ts';

export function createPostgresLeaderStore({ $client: sql }: Database): LeaderStore {
  return {
    async acquire({ holder, url, ttlMs }) {
      const rows = await reach(sql<{ epoch: string }[]>`
        insert into leader (id, holder, url, epoch, expires_at)
        values (1, ${holder}, ${url}, 1, clock_timestamp() + ${ttlMs} * interval '1 millisecond')
        on conflict (id) do update
        set holder = excluded.holder, url = excluded.url, epoch = leader.epoch + 1, expires_at = excluded.expires_at
        where leader.holder = excluded.holder or leader.expires_at <= clock_timestamp()
        returning epoch::text`);
      return rows[0] ? Number(rows[0].epoch) : null;
    },
    async renew(holder, epoch, ttlMs) {
      const rows = await reach(sql`
        update leader set expires_at = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
        where id = 1 and holder = ${holder} and epoch = ${epoch} and expires_at > clock_timestamp() returning 1`);
      return rows.length === 1;
    },
    async release(holder, epoch) {
      await reach(sql`
        update leader set expires_at = clock_timestamp()
        where id = 1 and holder = ${holder} and epoch = ${epoch}`);
    },
    async current() {
      const [row] = await reach(sql<{ holder: string; url: string; epoch: string; valid: boolean }[]>`
        select holder, url, epoch::text, expires_at > clock_timestamp() as valid from leader where id = 1`);
      return row ? { holder: row.holder, url: row.url, epoch: Number(row.epoch), isValid: row.valid } : null;
    },
  };
}

async function reach<Rows>(rows: PromiseLike<Rows>): Promise<Rows> {
  try {
    return await rows;
  } catch (error) {
    throw asStoreOutage(error, 'asking who leads the region') ?? error;
  }
}
