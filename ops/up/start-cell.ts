/**
 * Everything that one cell is on this machine: its Postgres and its Redis, then its controller and, at the same
 * time, its sandbox hosts (a host waits for the schema that the controller brings).
 */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { cellIdSchema, hostIdSchema } from '@cellbook/shared/ids.ts';
import { ensureCellCertificates } from '../certificates/cell-certificates.ts';
import type { CellPorts } from './ports-of-cells.ts';
import { keptSecretFile } from './secrets.ts';
import { answersOverTls } from './services/answers-over-tls.ts';
import { startCell } from './services/cell.ts';
import type { CellEnvironment } from './services/cell-environment.ts';
import type { PreparedEdge } from './services/edge.ts';
import { type HostPlace, startHost } from './services/host.ts';
import { answersAt } from './services/served-program.ts';
import { type Stores, startStores } from './services/stores.ts';
import type { Starting } from './starting.ts';
import type { Tools } from './tools/tools.ts';
import type { CellPlace } from './topology.ts';

export interface CellNeeds {
  ports: CellPorts;
  tools: Tools;
  /** What the edge's set-up has written for cells. */
  edge: Promise<
    Pick<PreparedEdge, 'publicKeysPath' | 'pinPublicKeyPath' | 'cellKeysDirectory' | 'publicUrl'>
  >;
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
  const { context, home, progress, random, keepRunning } = starting;
  const stores = progress.step(
    `stores of ${cellId}`,
    () => startStores(starting, { cellId, ports, home: home.cell(cellId) }),
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
  const common = environmentOf(starting, place, ready.databaseUrl, runsc?.path ?? null, imageDirectory);
  const hostKeyFile = keptSecretFile(home.keys, `hosts-${cellId}`, random);
  const certificates = await certificatesOf(starting, place, ports);
  const controller = {
    ...{ ...common, ...place, port: ports.cell, hosts: ports.hosts, hostKeyFile, secretKeys },
    redisUrl: ready.redisUrl,
    tlsDirectory: certificates.controller,
    dataDirectory: home.cell(cellId).data,
    labDataDirectory: join(lab.directory, 'data'),
    edgePublicKeys: edge.publicKeysPath,
    pinPublicKey: edge.pinPublicKeyPath,
    edgeUrl: edge.publicUrl,
    cellKeyFile: join(edge.cellKeysDirectory, `${cellId}.json`),
  };
  const host = ({ hostId, port }: HostPlace) => {
    const dataDirectory = join(home.cell(cellId).hosts, hostId);
    const tlsDirectory = certificates.host(hostIdSchema.parse(hostId));
    const options = { ...common, hostId, port, dataDirectory, keyFile: hostKeyFile, tlsDirectory };
    return keepRunning({
      start: (signal) => startHost(context, { ...options, signal }),
      answers: () => answersOverTls(port, tlsDirectory),
      failuresMax: hostFailuresMax,
    });
  };
  const title =
    ports.hosts.length === 0 ? `cell ${cellId}` : `cell ${cellId} and its ${count(ports.hosts.length)}`;
  const running = await progress.step(title, async () => {
    const all = [
      keepRunning({
        start: (signal) => startCell(context, { ...controller, signal }),
        // Where sandboxes outlive it, one that hangs is ended: while it lives it holds the cell's lock.
        ...(ports.hosts.length > 0 && { answers: () => answersAt(ports.cell) }),
      }),
      ...ports.hosts.map(host),
    ] as const;
    await Promise.allSettled(all);
    await Promise.all(all);
    return all[0];
  });
  return { ...place, url: running.url, versions: ready.versions };
}

function certificatesOf(starting: Starting, { cellId }: CellPlace, { hosts }: CellPorts) {
  const hostIds = hosts.map(({ hostId }) => hostIdSchema.parse(hostId));
  return ensureCellCertificates(
    starting.home.keys,
    { cellId: cellIdSchema.parse(cellId), hostIds },
    starting,
  );
}

/**
 * Its sandboxes end with it, so that one which is only slow is waited for: at 2 to 4 s a probe, two to four minutes,
 * shorter than its controller waits for what was on its way there.
 */
const hostFailuresMax = 60;

const count = (hosts: number): string => (hosts === 1 ? 'host' : `${hosts} hosts`);

function environmentOf(
  { config, home }: Starting,
  { cellId, regionId }: CellPlace,
  databaseUrl: string,
  runsc: string | null,
  imageDirectory: string | null,
): CellEnvironment {
  const { sandboxDriver, cacheDirectory, egress, pool, imageScan } = config;
  return {
    ...{ cellId, databaseUrl, sandboxDriver, runsc, imageDirectory, cacheDirectory, egress, pool },
    imageScan,
    objects: config.objects ?? `file:${home.objects(regionId)}`,
    machineMemoryBytes: shareOf(totalmem(), config.cells.length * Math.max(1, config.hostsPerCell)),
  };
}

/** A host always has places for two or three sandboxes: limits that nobody uses up are no memory taken. */
const shareBytesMin = 4 * 2 ** 30;

/** Hosts that share a machine share its memory out evenly. */
const shareOf = (machineBytes: number, hosts: number): number =>
  Math.min(machineBytes, Math.max(shareBytesMin, Math.floor(machineBytes / hosts)));
