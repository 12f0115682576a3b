import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import type { CrashCell } from './crash-cell.ts';

/** As if the time had passed after which the next start takes away what a killed process had half written. */
export async function ageUnfinishedObjects(cell: CrashCell): Promise<void> {
  const folder = join(cell.objectsDirectory, '.incoming');
  const agedS = (Date.now() - limits.storage.incomingTtlMs) / 1_000 - 60;
  // Another process's may be renamed meanwhile.
  for (const name of await readdir(folder).catch(() => []))
    await utimes(join(folder, name), agedS, agedS).catch(() => {});
}
