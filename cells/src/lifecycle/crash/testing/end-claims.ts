import type { UserId } from '@cellbook/shared/ids.ts';
import { sql } from 'drizzle-orm';
import type { CrashCell } from './crash-cell.ts';

/** As if the time had passed for which a key that nobody answered is left to whoever took it first. */
export async function endClaims(cell: CrashCell, user: UserId): Promise<void> {
  await cell.database.execute(
    sql`update idempotency_keys set locked_until = now() where user_id = ${user} and status is null`,
  );
}
