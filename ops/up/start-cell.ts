/** Everything that one cell is on this machine: its Postgres, its Redis, then its controller and gateway. */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { checkoutDirectory } from './config.ts';
import { type RunningCell, startCell } from './services/cell.ts';
import { type Stores, startStores } from './services/stores.ts';
import type { Starting } from './starting.ts';
import type { Tools } from './tools/tools.ts';
import type { CellPlace } from './topology.ts';

export interface CellPorts {
  postgres: number;
  redis: number;
  cell: number;
}

export interface CellNeeds {
  ports: CellPorts;
  tools: Tools;
  /** What the edge's set-up has written for cells. */
  edge: Promise<{ publicKeysPath: string; pinPublicKeyPath: string }>;
  /** The file with the keys that seal secrets. */
  secretKeys: Promise<string>;
}

export interface StartedCell extends CellPlace {
  url: string;
  versions: Stores['versions'];
}

export async function startWholeCell(
  starting: Starting,
  place: CellPlace,
  needs: CellNeeds,
): Promise<StartedCell> {
  const { cellId } = place;
  const { ports, tools } = needs;
  const stores = starting.progress.step(
    `stores of ${cellId}`,
    () => startStores(starting, { cellId, ports, home: starting.home.cell(cellId) }),
    ({ versions }) => `stores of ${cellId}: Postgres ${versions.postgres}, Redis ${versions.redis}`,
  );
  const [ready, runsc, imageDirectory, lab, edge, secretKeys] = await Promise.all([
    stores,
    tools.runsc,
    tools.imageDirectory,
    tools.lab,
    needs.edge,
    needs.secretKeys,
  ]);
  const running = await starting.progress.step(`cell ${cellId}`, () =>
    startController(starting, place, ports.cell, {
      ...ready,
      runsc: runsc?.path ?? null,
      imageDirectory,
      labDataDirectory: join(lab.directory, 'data'),
      edgePublicKeys: edge.publicKeysPath,
      pinPublicKey: edge.pinPublicKeyPath,
      secretKeys,
    }),
  );
  return { ...place, url: running.url, versions: ready.versions };
}

interface ControllerNeeds extends Stores {
  runsc: string | null;
  imageDirectory: string | null;
  labDataDirectory: string;
  edgePublicKeys: string;
  pinPublicKey: string;
  secretKeys: string;
}

/** A cell always has places for two or three sandboxes: limits that nobody uses up are no memory taken. */
const shareBytesMin = 4 * 2 ** 30;

/** Cells that share a machine share its memory out evenly. */
const shareOf = (machineBytes: number, cells: number): number =>
  Math.min(machineBytes, Math.max(shareBytesMin, Math.floor(machineBytes / cells)));

function startController(
  { config, home, context, keepRunning }: Starting,
  place: CellPlace,
  port: number,
  needs: ControllerNeeds,
): Promise<RunningCell> {
  const options = {
    ...place,
    ...needs,
    port,
    checkoutDirectory,
    cacheDirectory: config.cacheDirectory,
    sandboxDriver: config.sandboxDriver,
    dataDirectory: home.cell(place.cellId).data,
    objects: config.objects ?? `file:${home.objects(place.regionId)}`,
    machineMemoryBytes: shareOf(totalmem(), config.cells.length),
  };
  return keepRunning({ start: (signal) => startCell(context, { ...options, signal }) });
}
