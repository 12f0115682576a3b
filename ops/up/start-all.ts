/**
 * The programs of a platform, each begun as soon as what it needs is there, all cells at once:
 *
 *     Postgres and Redis of the cell ─┐
 *     GPU scheduler's Postgres ───────┼─→ GPU scheduler, its hosts ┤
 *     runsc, sandbox image ───────────┼─→ cell (of each region) ──┐
 *     Lab bundle → edge set-up ───────┤                           ├─→ usable
 *                                     └─→ edge ───────────────────┘
 */
import { checkoutDirectory } from './config.ts';
import { type Ports, portsOfCells } from './ports-of-cells.ts';
import { keptSecretFile } from './secrets.ts';
import { edgeAnswers, type PreparedEdge, prepareEdge, startEdge } from './services/edge.ts';
import { ensureSecretKeys } from './services/secret-keys.ts';
import { type StartedCell, startWholeCell } from './start-cell.ts';
import { schedulerUrls, startGpuRegion } from './start-gpu-region.ts';
import type { Starting } from './starting.ts';
import { ensureTools } from './tools/tools.ts';

export interface Started {
  url: string;
  cells: StartedCell[];
  versions: Record<string, string>;
}

export async function startAll(starting: Starting): Promise<Started> {
  const { config, context, progress, signal, keepRunning } = starting;
  const ports = await portsOfCells(config, starting.home);
  const tools = ensureTools(progress, config, signal);
  const prepared = prepare(starting, ports, tools.lab);
  const secretKeys = ensureSecretKeys(starting.home.keys, signal);

  const cells = config.cells.map((place) =>
    startWholeCell(starting, place, { ports: ports.of(place), tools, edge: prepared, secretKeys }),
  );
  const gpus = config.gpu.map((place) =>
    startGpuRegion(starting, place, {
      ...{ ports: ports.gpu(place), edge: prepared },
      peers: config.gpu
        .filter(({ regionId }) => regionId !== place.regionId)
        .map((peer) => ({ region: peer.regionId, urls: schedulerUrls(config, ports.gpu(peer)) })),
    }),
  );
  const edge = async () => {
    const { options, ...preparedEdge } = await prepared;
    const spec = {
      start: (ending: AbortSignal | undefined) =>
        startEdge(context, { ...options, signal: ending }, preparedEdge),
      answers: () => edgeAnswers(options.port, 8_000),
    };
    return progress.step('edge', () => keepRunning(spec));
  };
  const edgeStarting = edge();
  const parts: Promise<unknown>[] = [edgeStarting, ...cells, ...gpus];
  // What others still wait for will not come: they hear of it now.
  for (const part of parts) part.catch(starting.fail);
  const [startedEdge, startedCells] = await allSettledFirst(
    edgeStarting,
    allSettledFirst(...cells),
    allSettledFirst(...gpus),
  );
  const versions = {
    ...startedCells[0]?.versions,
    edge: startedEdge.version,
    sandbox: (await tools.runsc)?.version ?? `${config.sandboxDriver} (no isolation)`,
  };
  return { url: startedEdge.url, cells: startedCells, versions };
}

async function prepare(starting: Starting, ports: Ports, lab: Promise<{ directory: string }>) {
  const { config, home, progress, signal } = starting;
  const options = {
    homeDirectory: home.directory,
    port: config.edgePort,
    cells: config.cells.map((place) => ({ ...place, url: `http://127.0.0.1:${ports.of(place).cell}` })),
    schedulers: config.gpu.flatMap((place) =>
      schedulerUrls(config, ports.gpu(place)).map((url) => ({ ...place, url })),
    ),
    federationKeyFile: keptSecretFile(home.keys, 'federation', starting.random),
    labDirectory: (await lab).directory,
    checkoutDirectory,
    signal,
  };
  const prepared: PreparedEdge = await progress.step('edge set-up', (note) => prepareEdge(options, note));
  return { ...prepared, options };
}

/** Like Promise.all, but a failure of one waits for the others: nothing is still starting while we stop. */
async function allSettledFirst<T extends unknown[]>(...work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<T>;
}
