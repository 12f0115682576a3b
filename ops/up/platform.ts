/**
 * One whole platform on this machine. `npm start`, the demo and the end-to-end tests all come through here.
 * A start that fails part-way stops what it started; every start first ends what a killed one left behind,
 * so that two of anything never run on one home.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { PlatformConfig } from './config.ts';
import { type Home, openHome } from './home.ts';
import { assertPortFree } from './ports.ts';
import type { Child, ChildExit, SpawnContext } from './processes/child.ts';
import { stopLeftovers } from './processes/leftovers.ts';
import { startAll } from './start-all.ts';
import type { PlatformDeps, Starting } from './starting.ts';

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

async function stopInOrder(context: SpawnContext, children: Child[]): Promise<void> {
  for (const child of [...children].sort((a, b) => a.stopOrder - b.stopOrder)) await child.stop();
  // What outlived its parent: a grandchild in a group of its own.
  await stopLeftovers(context);
}

function firstDeath(children: Child[]): Promise<{ child: Child; exit: ChildExit }> {
  return Promise.race(children.map(async (child) => ({ child, exit: await child.exited })));
}
