/**
 * One whole platform on this machine, started in the order in which its parts need each other and stopped in
 * the reverse: Postgres and Redis (and, beside them, the tools), the keys, the cell, the edge. `npm start`,
 * the demo and the end-to-end tests all come through here.
 *
 * A start that fails part-way stops what it started. A start first ends what a killed starter left behind,
 * so that two of anything never run on one home.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { checkoutDirectory, type PlatformConfig } from './config.ts';
import { type Home, openHome } from './home.ts';
import { assertPortFree, freePort } from './ports.ts';
import type { Child, ChildExit, SpawnContext } from './processes/child.ts';
import { stopLeftovers } from './processes/leftovers.ts';
import type { Progress } from './progress.ts';
import { keptSecret } from './secrets.ts';
import { startCell } from './services/cell.ts';
import { ensureDatabase } from './services/database.ts';
import { prepareEdge, startEdge } from './services/edge.ts';
import { startPostgres } from './services/postgres.ts';
import { startRedis } from './services/redis.ts';
import { ensureTools, type Tools } from './tools/tools.ts';

export interface Platform {
  /** The main host, as a browser types it. */
  url: string;
  cellUrl: string;
  versions: Record<string, string>;
  home: Home;
  /** Settles when one of the programs ends without having been asked to. */
  firstDeath: Promise<{ child: Child; exit: ChildExit }>;
  /** Stops everything, last started first. Idempotent. */
  stop(): Promise<void>;
}

export interface PlatformDeps {
  clock: Clock;
  random: Random;
  progress: Progress;
  signal?: AbortSignal;
}

interface Stores {
  databaseUrl: string;
  redisUrl: string;
  versions: Record<string, string>;
}

export async function startPlatform(config: PlatformConfig, deps: PlatformDeps): Promise<Platform> {
  const home = openHome(config.homeDirectory);
  const context: SpawnContext = {
    clock: deps.clock,
    homeDirectory: home.directory,
    logDirectory: home.logs,
    runDirectory: home.run,
  };
  const leftovers = await stopLeftovers(context);
  if (leftovers.length > 0)
    deps.progress.line(`  stopped what an earlier start left: ${leftovers.join(', ')}`);
  await assertPortFree(config.edgePort, 'the edge', 'CELLBOOK_EDGE_PORT');

  const children: Child[] = [];
  const keep = <T extends { child: Child }>(started: T): T => {
    children.push(started.child);
    return started;
  };
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= stopInReverse(context, children);
    return stopping;
  };
  try {
    const [stores, tools] = await bothSettled(
      startStores(context, home, config, deps, keep),
      ensureTools(deps.progress, config.cacheDirectory, deps.signal),
    );
    const running = await startPrograms(context, home, config, deps, keep, stores, tools);
    return { ...running, home, firstDeath: firstDeath(children), stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

type Keep = <T extends { child: Child }>(started: T) => T;

async function startStores(
  context: SpawnContext,
  home: Home,
  config: PlatformConfig,
  { random, progress, signal }: PlatformDeps,
  keep: Keep,
): Promise<Stores> {
  const [postgres, redis] = await bothSettled(
    progress.step(
      'Postgres',
      async () =>
        keep(
          await startPostgres(context, {
            dataDirectory: home.postgres,
            port: await freePort(),
            password: keptSecret(home.keys, 'postgres-password', random),
            signal,
          }),
        ),
      ({ version }) => `Postgres ${version}`,
    ),
    progress.step(
      'Redis',
      async () =>
        keep(
          await startRedis(context, {
            directory: home.redis,
            port: await freePort(),
            password: keptSecret(home.keys, 'redis-password', random),
            signal,
          }),
        ),
      ({ version }) => `Redis ${version}`,
    ),
  );
  const databaseUrl = await ensureDatabase(postgres.url, `cell_${config.cellId.replaceAll('-', '_')}`);
  return { databaseUrl, redisUrl: redis.url, versions: { postgres: postgres.version, redis: redis.version } };
}

async function startPrograms(
  context: SpawnContext,
  home: Home,
  config: PlatformConfig,
  { progress, signal }: PlatformDeps,
  keep: Keep,
  stores: Stores,
  tools: Tools,
): Promise<Pick<Platform, 'url' | 'cellUrl' | 'versions'>> {
  const cellPort = await freePort();
  const edgeOptions = {
    home,
    config,
    cellUrl: `http://127.0.0.1:${cellPort}`,
    tools,
    checkoutDirectory,
    signal,
  };
  const prepared = await progress.step('edge set-up', () => prepareEdge(edgeOptions));
  const [cell, edge] = await bothSettled(
    progress.step(`cell ${config.cellId}`, async () =>
      keep(
        await startCell(context, {
          ...config,
          port: cellPort,
          dataDirectory: home.cell(config.cellId),
          databaseUrl: stores.databaseUrl,
          redisUrl: stores.redisUrl,
          objects: config.objects ?? `file:${home.objects}`,
          runsc: tools.runsc,
          imageDirectory: tools.imageDirectory,
          labDataDirectory: tools.labDataDirectory,
          edgePublicKeys: prepared.publicKeysPath,
          checkoutDirectory,
          signal,
        }),
      ),
    ),
    progress.step('edge', async () => keep(await startEdge(context, edgeOptions))),
  );
  return { url: edge.url, cellUrl: cell.url, versions: { ...stores.versions, edge: edge.version } };
}

async function stopInReverse(context: SpawnContext, children: Child[]): Promise<void> {
  for (const child of [...children].reverse()) await child.stop();
  // What outlived its parent: a grandchild in a group of its own.
  await stopLeftovers(context);
}

function firstDeath(children: Child[]): Promise<{ child: Child; exit: ChildExit }> {
  return Promise.race(children.map(async (child) => ({ child, exit: await child.exited })));
}

/** Like Promise.all, but a failure of one waits for the other, so that nothing is still starting while we stop. */
async function bothSettled<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}
