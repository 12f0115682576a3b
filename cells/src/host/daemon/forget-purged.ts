/**
 * Takes the epochs of purged workspaces off the host's disk; otherwise one file stays for every workspace that
 * ever ran here. Whoever still holds an older epoch of one can do nothing with it: a purge is for good (its row
 * takes no more wishes, and no other workspace is ever given its id) and has removed the manifest's row, without
 * which nothing is attached here; and a sandbox is started only over a directory that is attached here. What is
 * left to refuse is a stop, a take-over or a look at what is not there. The daemon's own memory refuses older
 * epochs for as long as it lives all the same. An id that Postgres does not know is kept: the database may be an
 * older one that was restored.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { and, inArray, lt } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { workspaces } from '../../db/workspaces.ts';
import type { EpochBook } from '../epoch-book.ts';

export interface ForgetPurgedParts {
  epochs: EpochBook;
  database: Database;
  clock: Clock;
  log: Logger;
}

export async function forgetPurged({ epochs, database, clock, log }: ForgetPurgedParts): Promise<void> {
  const before = new Date(clock.nowMs() - limits.host.forgetPurgedAfterMs);
  const known = [...epochs.known()].map(([workspaceId]) => workspaceId);
  for (const page of pagesOf(known, limits.host.forgetPurgedRowsMax)) {
    const purged = new Set<string>(await readPurged(database, page, before));
    for (const workspaceId of page) if (purged.has(workspaceId)) await epochs.forget(workspaceId);
    if (purged.size > 0) log.info({ workspaces: purged.size }, 'forgot the epochs of purged workspaces');
  }
}

async function readPurged(
  database: Database,
  among: readonly WorkspaceId[],
  before: Date,
): Promise<string[]> {
  const rows = await database
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(and(inArray(workspaces.id, [...among]), lt(workspaces.purgedAt, before)));
  return rows.map(({ id }) => id);
}

const pagesOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, page) =>
    items.slice(page * size, (page + 1) * size),
  );
