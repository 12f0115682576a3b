/**
 * The programs of a platform, each begun as soon as what it needs is there, all cells at once:
 *
 *     Postgres and Redis of the cell ─┐
 *     runsc, sandbox image ───────────┼─→ cell (of each region) ──┐
 *     Lab bundle → edge set-up ───────┤                           ├─→ usable
 *                                     └─→ edge ───────────────────┘
 */
import { checkoutDirectory } from './config.ts';
import { edgeAnswers, type PreparedEdge, prepareEdge, startEdge } from './services/edge.ts';
import { keptPorts } from './services/kept-ports.ts';
import { ensureSecretKeys } from './services/secret-keys.ts';
import { type CellPorts, type StartedCell, startWholeCell } from './start-cell.ts';
import type { Starting } from './starting.ts';
import { ensureTools } from './tools/tools.ts';
import type { CellPlace } from './topology.ts';

export interface Started {
  url: string;
  cells: StartedCell[];
  versions: Record<string, string>;
}

export async function startAll(starting: Starting): Promise<Started> {
  const { config, context, progress, signal, keepRunning } = starting;
  const ports = await portsOf(starting);
  const tools = ensureTools(progress, config, signal);
  const prepared = prepare(starting, ports, tools.lab);
  const secretKeys = ensureSecretKeys(starting.home.keys, signal);

  const cells = config.cells.map((place) =>
    startWholeCell(starting, place, { ports: ports.of(place), tools, edge: prepared, secretKeys }),
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
  const parts: Promise<unknown>[] = [edgeStarting, ...cells];
  // What others still wait for will not come: they hear of it now.
  for (const part of parts) part.catch(starting.fail);
  const [startedEdge, startedCells] = await allSettledFirst(edgeStarting, allSettledFirst(...cells));
  const versions = {
    ...startedCells[0]?.versions,
    edge: startedEdge.version,
    sandbox: (await tools.runsc)?.version ?? `${config.sandboxDriver} (no isolation)`,
  };
  return { url: startedEdge.url, cells: startedCells, versions };
}

interface Ports {
  of(place: CellPlace): CellPorts;
}

async function portsOf({ config, home }: Starting): Promise<Ports> {
  const parts = ['postgres', 'redis', 'cell'] as const;
  const names = config.cells.flatMap(({ cellId }) => parts.map((part) => `${part}-${cellId}`));
  const ports = await keptPorts(home.run, names);
  const port = (name: string): number => {
    const found = ports[name];
    if (found === undefined) throw new Error(`no port was chosen for ${name}`);
    return found;
  };
  return {
    of: ({ cellId }) => ({
      postgres: port(`postgres-${cellId}`),
      redis: port(`redis-${cellId}`),
      cell: port(`cell-${cellId}`),
    }),
  };
}

async function prepare(starting: Starting, ports: Ports, lab: Promise<{ directory: string }>) {
  const { config, home, progress, signal } = starting;
  const options = {
    homeDirectory: home.directory,
    port: config.edgePort,
    cells: config.cells.map((place) => ({ ...place, url: `http://127.0.0.1:${ports.of(place).cell}` })),
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
