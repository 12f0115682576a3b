/**
 * What an earlier starter of this home left running when it was killed: the programs it recorded, stopped in
 * their order, then anything else that carries the home in its environment (a workerd
 * whose wrangler is gone, for one). Only to be called by the holder of the home's starter lock.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { waitUntil } from '../wait-until.ts';
import { ancestryOf, identityOf, isAlive, isGroupAlive, pidsWithEnvironment } from './proc.ts';
import { type ChildRecord, childRecordSchema, homeVariable } from './record.ts';
import { signalIgnoringGone, stopGroup } from './stop-group.ts';
import { inStopOrder } from './stop-order.ts';

export interface Leftovers {
  clock: Clock;
  homeDirectory: string;
  runDirectory: string;
}

/** Stops them all; returns the names of what was found. */
export async function stopLeftovers(where: Leftovers): Promise<string[]> {
  const found: string[] = [];
  await inStopOrder(recordsIn(where.runDirectory), async (record) => {
    // The leader may be gone while its group lives on; a reused pid is told apart by its start time.
    const leaderIsOurs = isAlive(record);
    const groupIsOurs = !leaderIsOurs && identityOf(record.pid) === null && isGroupAlive(record.pid);
    if (leaderIsOurs || groupIsOurs) {
      found.push(record.name);
      await stopGroup(where.clock, record.pid, record);
    }
    rmSync(join(where.runDirectory, `${record.name}.json`), { force: true });
  });
  const strays = strayPids(where.homeDirectory);
  if (strays.length > 0) found.push(...strays.map((pid) => `process ${pid}`));
  await killStrays(where);
  return found;
}

/** Kills whatever carries the home in its environment, until nothing does. */
async function killStrays({ clock, homeDirectory }: Leftovers): Promise<void> {
  await waitUntil(
    () => {
      const pids = strayPids(homeDirectory);
      for (const pid of pids) signalIgnoringGone(pid, 'SIGKILL');
      return pids.length === 0;
    },
    { clock, deadlineMs: 10_000, what: 'left-over programs to be gone' },
  );
}

function strayPids(homeDirectory: string): number[] {
  const ourselves = ancestryOf(process.pid);
  return pidsWithEnvironment(homeVariable, homeDirectory).filter((pid) => !ourselves.includes(pid));
}

function recordsIn(runDirectory: string): ChildRecord[] {
  return readdirSync(runDirectory)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const parsed = childRecordSchema.safeParse(readJson(join(runDirectory, name)));
      return parsed.success ? [parsed.data] : [];
    });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
