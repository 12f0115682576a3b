/**
 * One host daemon, put together from its parts: it owns this machine's sandboxes and live directories for one
 * cell, and outlives the cell's controller. Started again after a kill it first ends what its predecessor's
 * sandboxes left (their pipes are gone, nobody could talk to them); live directories stay as they are and are
 * stored when the controller takes them down.
 */
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { closeDatabase, openDatabase } from '../../db/database.ts';
import { openEgress } from '../../egress/open-egress.ts';
import { createPostgresRestStore } from '../../ladder/postgres-rest-store.ts';
import { withDriverFailpoints, withObjectFailpoints } from '../../lifecycle/crash/with-failpoints.ts';
import { makePrivateDirectory } from '../../private-directory.ts';
import { repeatEvery } from '../../repeat.ts';
import { measuredDriver } from '../../sandbox/measured/measured-driver.ts';
import { countingReads } from '../../storage/objects/counting-reads.ts';
import { openObjectStore } from '../../storage/objects/open-object-store.ts';
import { openEpochBook } from '../epoch-book.ts';
import { takeHostLock } from '../host-lock.ts';
import { openImageScan } from '../image-scan/open-image-scan.ts';
import { LocalSandboxHost } from '../local-sandbox-host.ts';
import { openServerTls } from '../tls/open-tls.ts';
import { readHostKey } from '../wire/host-key.ts';
import { awaitSchema } from './await-schema.ts';
import { CommandsUnderWay } from './commands-under-way.ts';
import { connectPort } from './connect-port.ts';
import type { DaemonConfig } from './daemon-config.ts';
import { createDaemonServer } from './daemon-server.ts';
import { drainHost } from './drain-host.ts';
import { forgetPurged } from './forget-purged.ts';
import { createHostDisk } from './host-disk.ts';
import { createMachineMemory } from './machine-memory.ts';
import { openDriver } from './open-driver.ts';
import { openGolden } from './open-golden.ts';
import { openImages } from './open-images.ts';
import { openVolumes } from './open-volumes.ts';

export interface DaemonTools {
  clock: Clock;
  random: Random;
  log: Logger;
  /** Only where a test asks for it (shared/src/failpoint.ts). */
  failpoint?: Failpoint;
}

export interface Daemon {
  url: string;
  /**
   * Drains: its controller is let suspend what runs, the rest is stored and stopped here. Idempotent. Without hurry
   * busy kernels are waited for, until it is called with hurry.
   */
  close(options?: { hurry: boolean }): Promise<void>;
}

export async function startDaemon(config: DaemonConfig, tools: DaemonTools): Promise<Daemon> {
  const { clock, log } = tools;
  const { hostId, dataDirectory, capacity } = config;
  const metrics = createMetrics({ processMetrics: true });
  const key = await readHostKey(config.keyFile);
  const tls = await openServerTls(config, tools);
  const hostDirectory = join(dataDirectory, 'host');
  await makePrivateDirectory(hostDirectory);
  const { imageDirectory, imageScan: policy } = config;
  const imageScan = await openImageScan({ imageDirectory, policy, hostDirectory, metrics, clock, log });
  const database = openDatabase(config.databaseUrl);
  const lock = await takeHostLock(config.databaseUrl, hostId, clock);
  await awaitSchema(database, clock);
  const egress = await openEgress({ ...config, ...tools, database, metrics });
  const bare = await openDriver(config, tools, join(dataDirectory, 'sandboxes'), egress, connectPort);
  const driver = withDriverFailpoints(measuredDriver(bare, { metrics, clock }), tools.failpoint);
  for (const { sandboxId, workspaceId } of await driver.list()) {
    log.warn({ sandboxId, workspaceId }, 'ending a sandbox that an earlier daemon left');
    await driver.destroy(sandboxId);
  }
  const epochs = await openEpochBook(join(hostDirectory, 'epochs'));
  const objects = withObjectFailpoints(openObjectStore(config.objects, tools), tools.failpoint);
  const images = driver.snapshots
    ? await openImages(hostDirectory, { objects: countingReads(objects, metrics, 'memory'), metrics }, tools)
    : null;
  const golden = await openGolden(config, tools, egress);
  const host = new LocalSandboxHost({
    ...{ hostId, driver, capacity, processors: availableParallelism(), epochs, ...(images && { images }) },
    ...(golden && { goldens: () => golden.current }),
  });
  const volumes = await openVolumes(config, tools, { objects, database, metrics, hostDirectory });
  volumes.onLost((workspaceId) => host.endWithoutFiles(workspaceId));
  const versions = { sandbox: driver.version, node: process.version };
  const commands = new CommandsUnderWay();
  const app = createDaemonServer({
    ...{ host, volumes, key, tls, commands, clock, log, metrics, versions },
    disk: createHostDisk(hostDirectory),
    memory: createMachineMemory(),
  });
  await app.listen({ host: config.bind, port: config.port });
  const { port } = app.server.address() as AddressInfo;
  log.info({ port, capacity, driver: driver.version }, 'the host serves');
  const forget = () => forgetPurged({ epochs, database, clock, log });
  const forgetting = repeatEvery(clock, limits.host.forgetPurgedEveryMs, forget, log);

  const rests = createPostgresRestStore(database);
  const hurry = new AbortController();
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    forgetting.cancel();
    imageScan.close();
    await golden?.close();
    const hasUnsent = async () => (await rests.listUnsent([hostId], 1)).length > 0;
    await drainHost({ host, volumes, commands, hasUnsent, clock, log }, hurry.signal);
    await app.close();
    await egress?.closeAll();
    await images?.close();
    await volumes.close();
    await lock.release();
    await closeDatabase(database);
    tls?.identity.close();
  }
  return {
    url: `${tls ? 'https' : 'http'}://${config.bind}:${port}`,
    close(options = { hurry: true }) {
      if (options.hurry) hurry.abort();
      closing ??= close();
      return closing;
    },
  };
}
