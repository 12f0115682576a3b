import { type RegionId, regionIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import type { PinnedUser } from '@cellbook/shared/pins/pins.ts';
import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { pinDocuments, residents } from '../db/home.ts';
import type { HomeStore } from './home-store.ts';

const name = 'current';
type Reader = Pick<Database, 'select'>;

/** `ownRegion`: of residents whose region was never written down. */
export function createPostgresHomeStore(database: Database, ownRegion: RegionId): HomeStore {
  const current = async (reader: Reader) => {
    const [row] = await reader.select().from(pinDocuments).where(eq(pinDocuments.name, name));
    return row ? { epoch: row.epoch, jws: row.jws } : null;
  };
  const everybody = async (reader: Reader): Promise<PinnedUser[]> => {
    const rows = await reader.select().from(residents);
    return rows.map(({ userId, region }) => ({
      userId: userIdSchema.parse(userId),
      region: region === null ? ownRegion : regionIdSchema.parse(region),
    }));
  };
  return {
    current: () => current(database),
    residents: () => everybody(database),
    async settle({ userId, region }, nowMs) {
      await database
        .insert(residents)
        .values({ userId, region, since: new Date(nowMs) })
        .onConflictDoUpdate({ target: residents.userId, set: { region } });
    },
    async forget(userId) {
      await database.delete(residents).where(eq(residents.userId, userId));
    },
    async replace({ epoch, jws }, accept) {
      await database.transaction(async (transaction) => {
        // Whoever settles waits until it is decided, and is then judged by what was decided.
        await transaction.execute(sql`lock table ${residents} in exclusive mode`);
        accept(await current(transaction), await everybody(transaction));
        await transaction
          .insert(pinDocuments)
          .values({ name, epoch, jws })
          .onConflictDoUpdate({ target: pinDocuments.name, set: { epoch, jws } });
      });
    },
  };
}
