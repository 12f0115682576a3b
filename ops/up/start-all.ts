/**
 * The programs of a platform, each begun as soon as what it needs is there:
 *
 *     Postgres, Redis ──────────────┐
 *     runsc, sandbox image ─────────┼─→ cell ──┐
 *     Lab bundle → edge set-up ─────┤          ├─→ usable
 *                                   └─→ edge ──┘
 */
import { checkoutDirectory } from './config.ts';
import { startCell } from './services/cell.ts';
import { type PreparedEdge, prepareEdge, startEdge } from './services/edge.ts';
import { keptPort } from './services/kept-port.ts';
import { startStores } from './services/stores.ts';
import type { Starting } from './starting.ts';
import { ensureTools } from './tools/tools.ts';

export interface Started {
  url: string;
  cellUrl: string;
  versions: Record<string, string>;
}

export async function startAll(starting: Starting): Promise<Started> {
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

/** Like Promise.all, but a failure of one waits for the others: nothing is still starting while we stop. */
async function allSettledFirst<T extends unknown[]>(...work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<T>;
}
