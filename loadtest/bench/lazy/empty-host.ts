/**
 * Makes a running host one that has nothing of a workspace, as one that has never had it: nothing lies in its directory,
 * what its processes cached of the volume they do not believe (a sweep of it was counted, cells/src/storage/sweep.ts), and
 * the page cache is empty.
 */
import { join } from 'node:path';
import postgres from 'postgres';
import type { BenchPlatform } from '../platform/start.ts';
import { runToEnd } from '../processes.ts';
import { dropPageCache } from '../resume/page-cache.ts';

export async function emptyHost(platform: BenchPlatform, workspaceId: string): Promise<void> {
  const sql = postgres(platform.databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    await sql`update volumes set sweeps = sweeps + 1 where workspace_id = ${workspaceId}`;
  } finally {
    await sql.end({ timeout: 2 });
  }
  const hosts = join(platform.directory, 'cells', platform.cellId, 'hosts');
  // That it has been there, under which epoch, a host remembers for good.
  const named = ['-name', `*${workspaceId}*`, '-not', '-path', '*/epochs/*'];
  const left = await runToEnd('find', [hosts, '-xdev', '-maxdepth', '6', ...named]);
  if (left !== '') throw new Error(`the host still has ${left}`);
  await dropPageCache();
}
