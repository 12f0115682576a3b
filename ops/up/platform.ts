/**
 * One whole platform on this machine. Each part begins as soon as what it needs is there:
 *
 *     Postgres, Redis ──────────────┐
 *     runsc, sandbox image ─────────┼─→ cell ──┐
 *     Lab bundle → edge set-up ─────┤          ├─→ usable
 *                                   └─→ edge ──┘
 *
 * and all are stopped in the order of `stopOrder`. `npm start`, the demo and the end-to-end tests all come
 * through here. A start that fails part-way stops what it started; every start first ends what a killed one
 * left behind, so that two of anything never run on one home.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { checkoutDirectory, type PlatformConfig } from './config.ts';
import { type Home, openHome } from './home.ts';
import { assertPortFree } from './ports.ts';
import type { Child, ChildExit, SpawnContext } from './processes/child.ts';
import { stopLeftovers } from './processes/leftovers.ts';
import type { Progress } from './progress.ts';
import { startCell } from './services/cell.ts';
import { type PreparedEdge, prepareEdge, startEdge } from './services/edge.ts';
import { keptPort } from './services/kept-port.ts';
import { startStores } from './services/stores.ts';
import { ensureTools } from './tools/tools.ts';

export interface Platform {
  /** The main host, as a browser types it. */
  url: string;
  cellUrl: string;
  versions: Record<string, string>;
  home: Home;
  /** Settles when one of the programs ends without having been asked to. */
  firstDeath: Promise<{ child: Child; exit: ChildExit }>;
  /** Stops everything, in order. Idempotent. */
  stop(): Promise<void>;
}

export interface PlatformDeps {
  clock: Clock;
  random: Random;
  progress: Progress;
  signal?: AbortSignal;
}

/** What the steps of one start share. */
export interface Starting extends PlatformDeps {
  config: PlatformConfig;
  home: Home;
  context: SpawnContext;
  /** Notes a program the moment it runs, so that a start that fails later stops it. */
  keep<T extends { child: Child }>(started: T): T;
}

export async function startPlatform(config: PlatformConfig, deps: PlatformDeps): Promise<Platform> {
  const home = openHome(config.homeDirectory);
  const context: SpawnContext = {
    clock: deps.clock,
    homeDirectory: home.directory,
    logDirectory: home.logs,
    runDirectory: home.run,
  };
  assertMayIsolate(config);
  const leftovers = await stopLeftovers(context);
  if (leftovers.length > 0)
    deps.progress.line(`  stopped what an earlier start left: ${leftovers.join(', ')}`);
  await assertPortFree(config.edgePort, 'the edge', 'CELLBOOK_EDGE_PORT');

  const children: Child[] = [];
  const starting: Starting = {
    ...deps,
    config,
    home,
    context,
    keep(started) {
      children.push(started.child);
      return started;
    },
  };
  // One part that fails ends the others' waiting and set-up.
  const failed = new AbortController();
  const signal = deps.signal ? AbortSignal.any([deps.signal, failed.signal]) : failed.signal;
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= stopInOrder(context, children);
    return stopping;
  };
  try {
    const { url, cellUrl, versions } = await startAll({ ...starting, signal });
    return { url, cellUrl, versions, home, firstDeath: firstDeath(children), stop };
  } catch (thrown) {
    failed.abort(thrown);
    await stop();
    throw thrown;
  }
}

/** gVisor needs root to make namespaces, mounts and cgroups; without it the only other driver isolates nothing. */
function assertMayIsolate(config: PlatformConfig): void {
  if (config.sandboxDriver !== 'gvisor' || process.getuid?.() === 0) return;
  throw new CellbookError('forbidden', {
    doing: 'starting the platform',
    problem: 'sandboxes in gVisor need root',
    next: 'Run `sudo npm start`, or `CELLBOOK_SANDBOX_DRIVER=process npm start`, which isolates nothing: only for code you trust.',
  });
}

async function startAll(starting: Starting): Promise<Pick<Platform, 'url' | 'cellUrl' | 'versions'>> {
  const { config, home, context, progress, signal, keep } = starting;
  const tools = ensureTools(progress, config, signal);
  const cellPort = await keptPort(home.directory, 'cell');
  const storesStarting = startStores(starting);
  const prepared = prepare(starting, cellPort, tools.lab);

  const cell = async () => {
    const [stores, runsc, imageDirectory, lab, edge] = await Promise.all([
      storesStarting,
      tools.runsc,
      tools.imageDirectory,
      tools.lab,
      prepared,
    ]);
    const started = await progress.step(`cell ${config.cellId}`, () =>
      startCell(context, {
        ...config,
        ...stores,
        port: cellPort,
        runsc: runsc?.path ?? null,
        imageDirectory,
        checkoutDirectory,
        signal,
        dataDirectory: home.cell(config.cellId),
        objects: config.objects ?? `file:${home.objects}`,
        labDataDirectory: `${lab.directory}/data`,
        edgePublicKeys: edge.publicKeysPath,
      }),
    );
    return keep(started);
  };
  const edge = async () => {
    const { options, ...preparedEdge } = await prepared;
    return keep(await progress.step('edge', () => startEdge(context, options, preparedEdge)));
  };
  const [stores, startedCell, startedEdge] = await allSettledFirst(storesStarting, cell(), edge());
  const versions = {
    ...stores.versions,
    edge: startedEdge.version,
    sandbox: (await tools.runsc)?.version ?? 'process (no isolation)',
  };
  return { url: startedEdge.url, cellUrl: startedCell.url, versions };
}

async function prepare(starting: Starting, cellPort: number, lab: Promise<{ directory: string }>) {
  const { config, home, progress, signal } = starting;
  const options = {
    homeDirectory: home.directory,
    port: config.edgePort,
    cellId: config.cellId,
    cellUrl: `http://127.0.0.1:${cellPort}`,
    regionId: config.regionId,
    labDirectory: (await lab).directory,
    checkoutDirectory,
    signal,
  };
  const prepared: PreparedEdge = await progress.step('edge set-up', (note) => prepareEdge(options, note));
  return { ...prepared, options };
}

async function stopInOrder(context: SpawnContext, children: Child[]): Promise<void> {
  for (const child of [...children].sort((a, b) => a.stopOrder - b.stopOrder)) await child.stop();
  // What outlived its parent: a grandchild in a group of its own.
  await stopLeftovers(context);
}

function firstDeath(children: Child[]): Promise<{ child: Child; exit: ChildExit }> {
  return Promise.race(children.map(async (child) => ({ child, exit: await child.exited })));
}

/** Like Promise.all, but a failure of one waits for the others: nothing is still starting while we stop. */
async function allSettledFirst<T extends unknown[]>(...work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<T>;
}
