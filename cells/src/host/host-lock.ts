/**
 * One process per host, and one controller per cell: it holds a lock in Postgres for as long as it lives. Postgres lets go of
 * it when the connection of a killed process ends, so whoever gets it knows that his predecessor's work here
 * is orphaned, and need not wait for leases to run out.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import postgres from 'postgres';

export interface HostLock {
  release(): Promise<void>;
}

/** Waits for a predecessor that is still draining. Throws `conflict` when it does not end. */
export async function takeHostLock(databaseUrl: string, hostId: string, clock: Clock): Promise<HostLock> {
  // A connection of its own, kept open: the lock lives and dies with it.
  const connection = postgres(databaseUrl, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
  });
  const untilMs = clock.monotonicMs() + limits.lifecycle.hostLockMs;
  const name = `cellbook host ${hostId}`;
  try {
    for (;;) {
      const [row] = await connection`select pg_try_advisory_lock(hashtextextended(${name}, 0)) as held`;
      if (row?.held === true) return { release: () => connection.end({ timeout: 1 }) };
      if (clock.monotonicMs() >= untilMs) throw taken(hostId);
      await sleep(clock, hostLockLookMs);
    }
  } catch (error) {
    await connection.end({ timeout: 1 });
    throw error;
  }
}

const hostLockLookMs = 200;

const taken = (hostId: string): CellbookError =>
  new CellbookError('conflict', {
    doing: `starting as ${hostId}`,
    problem: 'another process of that name runs and does not end',
    next: 'Stop it first, or give this one another CELLBOOK_HOST_ID and data directory.',
    ids: { hostId },
  });
