/**
 * A process killed inside a put leaves its temporary file: nobody renames or removes it any more. Those that
 * have not been written to for far longer than a put may take are removed at the start of every process that
 * has a directory as its store. Several may do so at once, and beside running puts: a put whose file were
 * taken away after all fails at its rename and is tried again.
 */
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { temporaryFolder } from './directory-object-store.ts';

/** Nothing to do where the store is no directory; what fails is told and comes again at the next start. */
export async function sweepIncoming(storeUrl: string, { clock, log }: { clock: Clock; log: Logger }) {
  const url = URL.parse(storeUrl);
  if (url?.protocol !== 'file:') return;
  const folder = join(fileURLToPath(url), temporaryFolder);
  try {
    const removed = await removeOlderThan(folder, clock.nowMs() - limits.storage.incomingTtlMs);
    if (removed > 0) log.warn({ removed, folder }, 'removed objects that a killed process had half written');
  } catch (error) {
    log.warn({ err: error, folder }, 'half-written objects could not be removed');
  }
}

async function removeOlderThan(folder: string, beforeMs: number): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder).catch(noneIfMissing([]))) {
    const path = join(folder, name);
    const found = await stat(path).catch(noneIfMissing(null));
    if (!found || found.mtimeMs >= beforeMs) continue;
    // Another process may be removing the same ones.
    const isGone = await unlink(path).then(() => true, noneIfMissing(false));
    if (isGone) removed += 1;
  }
  return removed;
}

const noneIfMissing =
  <None>(none: None) =>
  (error: unknown): None => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return none;
    throw error;
  };
