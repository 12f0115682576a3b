/** The ground of what befalls notebooks: one host with few places, and people at work on it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type postgres from 'postgres';
import { type BuiltImage, ensureImage } from '../../images/build.ts';
import { cacheDirectory } from '../../images/cache.ts';
import { ensureRunsc } from '../../images/runsc.ts';
import { type BreakableRuntime, breakableRuntime } from './broken-runtime.ts';
import { type Ground, startGround } from './ground.ts';
import { ownCache, ownImage } from './own-image.ts';
import { newWorker, type Worker } from './worker.ts';

export const cellId = 'eu-1';
export const hostId = 'eu-1-a';
/** Of the host: few, so that they can run short. */
export const places = 8;
/** The one name that notebooks may reach, and that nobody can resolve. */
export const unreachableName = 'index.invalid';

export interface World extends Ground {
  /** Who is at work all along. */
  workers: readonly Worker[];
  runtime: BreakableRuntime;
  /** What its host runs: nobody else's. */
  image: BuiltImage;
  /** Where images of a pool's members come to lie. */
  goldens: string;
  database: postgres.Sql;
  /** Somebody new, whose workspace has not been started. */
  worker(): Promise<Worker>;
  /** Its daemon looks at everything anew, and its sandboxes are gone. */
  restartHost(): Promise<void>;
}

/** `pool`: how many sandboxes its host is to keep ready. They take places; without any it is `off`. */
export async function startWorld({ pool }: { pool: string }): Promise<World> {
  const ground = await startGround((directory) => settle(directory, pool));
  try {
    const { platform, made, open, restart, onStop } = ground;
    const worker = () => newWorker(platform.url);
    const workers = await Promise.all([worker(), worker()]);
    onStop(() => workers.forEach(({ jupyter }) => void jupyter.dispose()));
    for (const { workspaces, workspaceId } of workers) await workspaces.resume(workspaceId);
    const restartHost = () => restart(`host-${hostId}`);
    return { ...ground, ...made, database: open(`cell-${cellId}`), workers, worker, restartHost };
  } catch (thrown) {
    await ground.stop();
    throw thrown;
  }
}

async function settle(directory: string, pool: string) {
  const given = { cacheDirectory: cacheDirectory(), progress: () => undefined };
  const tools = join(directory, 'tools');
  mkdirSync(tools);
  const runtime = breakableRuntime(tools, (await ensureRunsc(given)).path);
  const egress = join(tools, 'egress.json');
  writeFileSync(egress, JSON.stringify({ packageIndexes: false, allow: [{ host: unreachableName }] }));
  const cache = ownCache(join(directory, 'cache'));
  const image = ownImage(join(directory, 'image'), await ensureImage(given));
  return {
    config: {
      ...{ CELLBOOK_CELLS: `eu=${cellId}`, CELLBOOK_GPU: 'off', CELLBOOK_POOL: pool },
      ...{ CELLBOOK_CACHE: cache, CELLBOOK_IMAGE_DIR: image.directory },
      ...{ CELLBOOK_RUNSC: runtime.path, CELLBOOK_EGRESS: egress },
    },
    inherited: { CELLBOOK_SANDBOXES_MAX: String(places) },
    made: { runtime, image, goldens: join(cache, 'golden') },
  };
}
