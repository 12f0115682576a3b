/** A small platform whose parts can be broken, people at work on it, and a Prometheus that watches. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import postgres from 'postgres';
import { removeHome } from '../../e2e/remove-home.ts';
import { type BuiltImage, ensureImage } from '../../images/build.ts';
import { cacheDirectory } from '../../images/cache.ts';
import { ensureRunsc } from '../../images/runsc.ts';
import { platformConfig } from '../../up/config.ts';
import { type Platform, startPlatform } from '../../up/platform.ts';
import { freePort } from '../../up/ports.ts';
import { killProgram, programOf } from '../../up/processes/kill-program.ts';
import { silentProgress } from '../../up/progress.ts';
import { waitUntil } from '../../up/wait-until.ts';
import { type Target, targetsOf } from '../targets.ts';
import { type BreakableRuntime, breakableRuntime } from './broken-runtime.ts';
import { type ObjectServer, startObjectServer } from './object-server.ts';
import { ownCache, ownImage } from './own-image.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { newWorker, type Worker } from './worker.ts';

export const regionId = 'eu';
export const cellId = 'eu-1';
export const hostId = 'eu-1-a';
/** Of the host: few, so that they can run short. */
export const places = 8;
/** The one name that notebooks may reach, and that nobody can resolve. */
export const unreachableName = 'index.invalid';

export interface World {
  platform: Platform;
  /** The one that is asked. */
  prometheus: Prometheus;
  /** Who is at work all along. */
  workers: readonly Worker[];
  objects: ObjectServer;
  runtime: BreakableRuntime;
  /** What its host runs: nobody else's. */
  image: BuiltImage;
  /** Where images of a pool's members come to lie. */
  goldens: string;
  database: postgres.Sql;
  /** Of the region's scheduler. */
  record: postgres.Sql;
  /** Somebody new, whose workspace has not been started. */
  worker(): Promise<Worker>;
  /** A directory of its own. */
  scratch(): string;
  /** Stops a program (SIGSTOP) and lets it go on: `host-eu-1-a`, `cell-eu-1`. */
  freeze(program: string): () => void;
  /** Kills the host's daemon and waits until it runs again: it looks at everything anew, and its sandboxes are gone. */
  restartHost(): Promise<void>;
  stop(): Promise<void>;
}

/** `pool`: how many sandboxes its host is to keep ready. They take places; without any it is `off`. */
export async function startWorld({ pool }: { pool: string }): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-prove-'));
  const stops: Array<() => Promise<unknown>> = [async () => removeHome(directory)];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    const objects = await startObjectServer(join(directory, 's3'));
    stops.push(() => objects.stop());
    const tools = join(directory, 'tools');
    mkdirSync(tools);
    const { path } = await ensureRunsc({ cacheDirectory: cacheDirectory(), progress: () => undefined });
    const runtime = breakableRuntime(tools, path);
    const egress = join(tools, 'egress.json');
    writeFileSync(egress, JSON.stringify({ packageIndexes: false, allow: [{ host: unreachableName }] }));
    const cache = ownCache(join(directory, 'cache'));
    const image = ownImage(
      join(directory, 'image'),
      await ensureImage({ cacheDirectory: cacheDirectory(), progress: () => undefined }),
    );
    const given = { objects: objects.url, runsc: runtime.path, egress, pool, cache, image: image.directory };
    const platform = await start(directory, given);
    stops.push(() => platform.stop());
    const open = (program: string) => {
      const sql = postgres(databaseOf(platform, program), { max: 2, onnotice: () => undefined });
      stops.push(() => sql.end({ timeout: 2 }));
      return sql;
    };
    const [database, record] = [open(`cell-${cellId}`), open(`scheduler-gpu-${regionId}`)];
    const targets = targetsIn(platform);
    const watched = { directory: join(directory, 'prometheus'), clock: systemClock };
    const prometheus = await startPrometheus(targets, watched);
    stops.push(() => prometheus.stop());
    const freeze = (program: string) => {
      const { pid } = programOf(platform.home, program);
      process.kill(pid, 'SIGSTOP');
      return () => void process.kill(pid, 'SIGCONT');
    };
    const restartHost = async () => {
      const name = `host-${hostId}`;
      const { pid } = killProgram(platform.home, name);
      const isBack = () => programOf(platform.home, name).pid !== pid;
      await waitUntil(isBack, { clock: systemClock, deadlineMs: 60_000, what: 'the host to run again' });
    };
    const worker = () => newWorker(platform.url);
    const workers = await Promise.all([worker(), worker()]);
    stops.push(async () => workers.forEach(({ jupyter }) => void jupyter.dispose()));
    for (const { workspaces, workspaceId } of workers) await workspaces.resume(workspaceId);
    const scratch = () => mkdtempSync(join(directory, 'scratch-'));
    const goldens = join(cache, 'golden');
    const parts = { platform, prometheus, objects, runtime, image, goldens, database, record };
    return { ...parts, workers, worker, scratch, freeze, restartHost, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function start(
  directory: string,
  given: Record<'objects' | 'runsc' | 'egress' | 'pool' | 'cache' | 'image', string>,
): Promise<Platform> {
  // Read by the programs themselves, not by the starter.
  process.env.CELLBOOK_SANDBOXES_MAX = String(places);
  // Whoever waits for more than a few seconds waits too long.
  process.env.CELLBOOK_POLICY = JSON.stringify({ tiers: { free: { startMsTarget: 5_000 } } });
  const config = platformConfig({
    ...process.env,
    CELLBOOK_CELLS: `${regionId}=${cellId}`,
    CELLBOOK_POOL: given.pool,
    CELLBOOK_CACHE: given.cache,
    CELLBOOK_IMAGE_DIR: given.image,
    CELLBOOK_GPU: `${regionId}=H200*4,H200*4`,
    CELLBOOK_HOME: join(directory, 'home'),
    CELLBOOK_EDGE_PORT: String(await freePort()),
    CELLBOOK_OBJECTS: given.objects,
    CELLBOOK_RUNSC: given.runsc,
    CELLBOOK_EGRESS: given.egress,
  });
  return startPlatform(config, { clock: systemClock, random: systemRandom, progress: silentProgress });
}

export const targetsIn = ({ home, cells, gpu, url }: Platform): Target[] =>
  targetsOf(home, cells, Number(new URL(url).port), gpu);

/** As the program was told. */
function databaseOf({ home }: Platform, program: string): string {
  const { pid } = programOf(home, program);
  const entry = environmentOf(pid).find((each) => each.startsWith('DATABASE_URL='));
  if (entry === undefined) throw new Error(`${program} has no DATABASE_URL`);
  return entry.slice('DATABASE_URL='.length);
}

const environmentOf = (pid: number): string[] => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
