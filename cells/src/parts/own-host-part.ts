import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { openEgress } from '../egress/open-egress.ts';
import { HostEnvironments } from '../environments/host-environments.ts';
import { createPostgresEnvironmentStore } from '../environments/postgres-environment-store.ts';
import { Hosts } from '../host/hosts.ts';
import { LocalSandboxHost } from '../host/local-sandbox-host.ts';
import {
  withDriverFailpoints,
  withManifestFailpoints,
  withObjectFailpoints,
} from '../lifecycle/crash/with-failpoints.ts';
import { makePrivateDirectory } from '../private-directory.ts';
import { createHomeProvider } from '../sandbox/quota/choose.ts';
import { PlainHomes } from '../sandbox/quota/plain-homes.ts';
import { createWorkspaceVolumes } from '../storage/create-workspace-volumes.ts';
import { createPostgresManifestStore } from '../storage/manifests/postgres-manifest-store.ts';
import { openObjectStore } from '../storage/objects/open-object-store.ts';
import { sweepIncoming } from '../storage/objects/sweep-incoming.ts';
import type { HostsPart } from './host-part.ts';
import { openSandboxes } from './sandbox-part.ts';
import type { CellStores } from './store-part.ts';

/** This machine as the cell's one host, in this process. */
export async function openOwnHost(
  config: CellConfig,
  tools: CellTools,
  stores: CellStores,
  metrics: Metrics,
): Promise<HostsPart> {
  const { hostId, sandbox, dataDirectory } = config;
  const { database } = stores;
  const egress = await openEgress({ ...sandbox, ...tools, database, metrics });
  const { driver: bare, image } = await openSandboxes(
    config,
    tools,
    join(dataDirectory, 'sandboxes'),
    egress,
  );
  const driver = withDriverFailpoints(bare, tools.failpoint);
  const hosts = new Hosts([
    new LocalSandboxHost({ hostId, driver, capacity: sandbox.capacity, processors: availableParallelism() }),
  ]);
  await sweepIncoming(config.objects, tools);
  const hostDirectory = join(dataDirectory, 'host');
  await makePrivateDirectory(hostDirectory);
  const homesDirectory = join(hostDirectory, 'homes');
  const objects = withObjectFailpoints(openObjectStore(config.objects, tools), tools.failpoint);
  const environments = new HostEnvironments({
    ...{ ...tools, objects, environments: createPostgresEnvironmentStore(database) },
    cacheDirectory: join(hostDirectory, 'environments'),
  });
  const volumes = createWorkspaceVolumes({
    ...tools,
    ...{ host: hostId, hostDirectory, diskBytesMax: sandbox.diskBytesMax, objects, environments },
    manifests: withManifestFailpoints(createPostgresManifestStore(stores.database), tools.failpoint),
    // Two thousand loop mounts would be measured instead of the cell.
    homes:
      sandbox.driver === 'none'
        ? new PlainHomes(homesDirectory)
        : await createHomeProvider({ homesDirectory, log: tools.log }),
    metrics,
  });
  return {
    hosts,
    volumes,
    image,
    sandboxVersion: driver.version,
    outlive: false,
    async close() {
      await egress?.closeAll();
      await volumes.close();
    },
  };
}
