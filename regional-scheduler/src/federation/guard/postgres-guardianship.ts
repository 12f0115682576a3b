import type { RegionId } from '@cellbook/shared/ids.ts';
import type { Database } from '../../db/database.ts';
import type { Guardianship } from './guard-store.ts';

export function createPostgresGuardianship({ $client: sql }: Database): Guardianship {
  return {
    async read() {
      const [row] = await sql<{ epoch: number; guardian: RegionId | null }[]>`
        select epoch::float8 as epoch, guardian from guardianship where id = 1`;
      return row ? { epoch: row.epoch, guardian: row.guardian } : null;
    },
    async write(term, epoch, guardian) {
      const rows = await sql`
        with fence as materialized (select from leader where id = 1 and epoch = ${term} for share)
        insert into guardianship as g (id, epoch, guardian) select 1, ${epoch}::bigint, ${guardian}::text from fence
        on conflict (id) do update set epoch = excluded.epoch, guardian = excluded.guardian
        where excluded.epoch >= g.epoch returning 1`;
      return rows.length === 1;
    },
  };
}
