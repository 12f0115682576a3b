/** The cell makes the tables; a daemon that is started with it, or before it, waits for them. */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../../db/database.ts';

export async function awaitSchema(database: Database, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + limits.host.schemaMsMax;
  for (;;) {
    const [row] = await database.$client`select to_regclass('volume_manifests') is not null as ready`;
    if (row?.ready === true) return;
    if (clock.monotonicMs() >= untilMs) throw noTables();
    await sleep(clock, limits.host.schemaLookMs);
  }
}

const noTables = (): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: 'starting a host',
    problem: "the cell's tables are not there",
    next: 'Start the cell, which makes them, with the same DATABASE_URL.',
  });
