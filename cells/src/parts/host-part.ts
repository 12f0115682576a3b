/** This machine as a host of the cell: its sandboxes, its files, and the lifecycle that acts on both. */
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { Hosts } from '../host/hosts.ts';
import { LocalSandboxHost } from '../host/local-sandbox-host.ts';
import {
  withDriverFailpoints,
  withManifestFailpoints,
  withObjectFailpoints,
} from '../lifecycle/crash/with-failpoints.ts';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { createLifecycleMetrics } from '../lifecycle/lifecycle-metrics.ts';
import { QuotaGuard } from '../quotas/quota-guard.ts';
import { QuotaPolicies } from '../quotas/quota-policies.ts';
import { createHomeProvider } from '../sandbox/quota/choose.ts';
import { PlainHomes } from '../sandbox/quota/plain-homes.ts';
import { createWorkspaceVolumes } from '../storage/create-workspace-volumes.ts';
import { createPostgresManifestStore } from '../storage/manifests/postgres-manifest-store.ts';
import { openObjectStore } from '../storage/objects/open-object-store.ts';
import { openRecover } from './recover-part.ts';
import { openSandboxes } from './sandbox-part.ts';
import { openSecrets } from './secret-part.ts';
import type { CellStores } from './store-part.ts';

export async function openHost(config: CellConfig, tools: CellTools, stores: CellStores, metrics: Metrics) {
  const { hostId, sandbox, dataDirectory } = config;
  const { driver: bare, image } = await openSandboxes(config, tools, join(dataDirectory, 'sandboxes'));
  const driver = withDriverFailpoints(bare, tools.failpoint);
  const hosts = new Hosts([new LocalSandboxHost({ hostId, driver, capacity: sandbox.capacity })]);
  const hostDirectory = join(dataDirectory, 'host');
  const homesDirectory = join(hostDirectory, 'homes');
  const volumes = createWorkspaceVolumes({
    ...tools,
    ...{ host: hostId, hostDirectory, diskBytesMax: sandbox.diskBytesMax },
    manifests: withManifestFailpoints(createPostgresManifestStore(stores.database), tools.failpoint),
    objects: withObjectFailpoints(openObjectStore(config.objects, tools), tools.failpoint),
    // Two thousand loop mounts would be measured instead of the cell.
    homes:
      sandbox.driver === 'none'
        ? new PlainHomes(homesDirectory)
        : await createHomeProvider({ homesDirectory, log: tools.log }),
    metrics,
  });
  const { memoryBytesMax, cpuMillisMax, diskBytesMax } = sandbox;
  const pidsMax = limits.lifecycle.sandboxPidsMax;
  const quotas = new QuotaGuard({
    ...{ database: stores.database, clock: tools.clock, sandboxBytes: () => memoryBytesMax },
    policies: new QuotaPolicies({ database: stores.database, log: tools.log }),
  });
  const secrets = await openSecrets(config, tools, stores, hosts);
  const lifecycle = new Lifecycle({
    ...tools,
    ...{ store: stores.store, transitions: stores.transitions, volumes, secrets: secrets.delivery },
    ...{ hosts, quotas },
    metrics: createLifecycleMetrics(metrics),
    sandboxLimits: () => ({ memoryBytesMax, cpuMillisMax, diskBytesMax, pidsMax }),
  });
  const recover = openRecover({ tools, stores, hosts, volumes, lifecycle });
  return { driver, image, volumes, lifecycle, quotas, secrets, recover };
}
