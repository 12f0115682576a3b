/**
 * One whole platform on this machine. `npm start`, the demo and the end-to-end tests all come through here.
 * A start that fails part-way stops what it started; every start first ends what a killed one left behind,
 * so that two of anything never run on one home.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { PlatformConfig } from './config.ts';
import type { GpuPlace } from './gpu-topology.ts';
import { type Home, openHome } from './home.ts';
import { assertHomeFits } from './home-layout.ts';
import { assertPortFree } from './ports.ts';
import type { SpawnContext } from './processes/child.ts';
import { stopLeftovers } from './processes/leftovers.ts';
import { type Program, startProgram } from './processes/program.ts';
import { inStopOrder } from './processes/stop-order.ts';
import { edgeName } from './services/edge.ts';
import { startAll } from './start-all.ts';
import type { StartedCell } from './start-cell.ts';
import type { PlatformDeps, Starting } from './starting.ts';

export interface Platform {
  /** The main host, as a browser types it. */
  url: string;
  cells: Pick<StartedCell, 'cellId' | 'regionId' | 'url'>[];
  /** Regions with GPUs. */
  gpu: readonly GpuPlace[];
  versions: Record<string, string>;
  home: Home;
  /** Settles when the edge, without which nobody reaches anything, has ended too often to be started again. */
  lost: Promise<string>;
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
  assertHomeFits(home, config.cells);
  const leftovers = await stopLeftovers(context);
  if (leftovers.length > 0)
    deps.progress.line(`  stopped what an earlier start left: ${leftovers.join(', ')}`);
  await assertPortFree(config.edgePort, 'the edge', 'CELLBOOK_EDGE_PORT');

  const programs: Program[] = [];
  const failed = new AbortController();
  const signal = deps.signal ? AbortSignal.any([deps.signal, failed.signal]) : failed.signal;
  const { line } = deps.progress;
  const starting: Starting = {
    ...{ ...deps, config, home, context, signal },
    fail: (thrown) => failed.abort(thrown),
    async keepRunning(spec) {
      const { program, running } = await startProgram(spec, { clock: deps.clock, line, signal });
      programs.push(program);
      void program.gaveUp.then(line);
      return running;
    },
  };
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= stopInOrder(context, programs);
    return stopping;
  };
  try {
    const { url, cells, versions } = await startAll(starting);
    return { url, cells, gpu: config.gpu, versions, home, lost: lossOfEdge(programs), stop };
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

async function stopInOrder(context: SpawnContext, programs: Program[]): Promise<void> {
  await inStopOrder(programs, (program) => program.stop());
  // What outlived its parent: a grandchild in a group of its own.
  await stopLeftovers(context);
}

function lossOfEdge(programs: Program[]): Promise<string> {
  return Promise.race(
    programs.filter((program) => program.name === edgeName).map((program) => program.gaveUp),
  );
}
