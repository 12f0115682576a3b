/** The cell's hosts (its own process, or daemons), their files, and the lifecycle that acts on both. */
import { limits } from '@cellbook/shared/limits.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { createPostgresDepartureStore } from '../departures/postgres-departure-store.ts';
import { createPostgresEnvironmentStore } from '../environments/postgres-environment-store.ts';
import { openLayerSweeps } from '../environments/sweep-layers.ts';
import type { Hosts } from '../host/hosts.ts';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { createLifecycleMetrics } from '../lifecycle/lifecycle-metrics.ts';
import { QuotaGuard } from '../quotas/quota-guard.ts';
import { QuotaPolicies } from '../quotas/quota-policies.ts';
import type { SandboxImage } from '../sandbox/image.ts';
import { openObjectStore } from '../storage/objects/open-object-store.ts';
import { openTidying, type TidiedVolumes } from '../storage/tidy.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import { openEdge } from './edge-part.ts';
import { openHomePart } from './home-part.ts';
import { openImages } from './image-part.ts';
import { openOwnHost } from './own-host-part.ts';
import { openPool } from './pool-part.ts';
import { openRecover } from './recover-part.ts';
import { openRemoteHosts } from './remote-hosts-part.ts';
import { openSecrets } from './secret-part.ts';
import { openShares } from './share-part.ts';
import type { CellStores } from './store-part.ts';

export interface HostsPart {
  hosts: Hosts;
  volumes: WorkspaceVolumes & TidiedVolumes;
  /** Null where sandboxes see the host itself, or this process has no image at hand. */
  image: SandboxImage | null;
  /** For people: what runs sandboxes here. */
  sandboxVersion: string;
  /** Whether what runs goes on when this process ends. */
  outlive: boolean;
  close(): Promise<void>;
}

export async function openHost(config: CellConfig, tools: CellTools, stores: CellStores, metrics: Metrics) {
  const { sandbox } = config;
  const open = config.hosts === null ? openOwnHost : openRemoteHosts;
  const opened = await open(config, tools, stores, metrics);
  const { hosts, volumes, outlive } = opened;
  const { memoryBytesMax, cpuMillisMax, diskBytesMax } = sandbox;
  const pidsMax = limits.lifecycle.sandboxPidsMax;
  const edge = await openEdge(config, tools);
  const shared = openShares(edge, tools, stores.database, memoryBytesMax);
  const quotas = new QuotaGuard({
    ...tools,
    shares: shared?.shares ?? null,
    ...{ database: stores.database, sandboxBytes: () => memoryBytesMax },
    hasLeft: createPostgresDepartureStore(stores.database).hasLeft,
    policies: new QuotaPolicies({ database: stores.database, log: tools.log }),
  });
  const home = await openHomePart(config, tools, stores.database);
  const secrets = await openSecrets(config, tools, stores, hosts, { edge, home });
  const images = openImages(config, tools, stores, hosts);
  const pool = openPool(config, tools, stores, hosts, metrics);
  const lifecycle = new Lifecycle({
    ...tools,
    ...{ store: stores.store, transitions: stores.transitions, volumes, secrets: secrets.delivery },
    ...{ rests: stores.rests, pool },
    ...{ imageKeys: images.imageKeys, remoteImages: images.remoteImages },
    ...{ hosts, quotas, controllerId: config.controllerId, sandboxesOutlive: outlive },
    metrics: createLifecycleMetrics(metrics),
    sandboxLimits: () => ({ memoryBytesMax, cpuMillisMax, diskBytesMax, pidsMax }),
  });
  const recover = openRecover({ tools, stores, hosts, volumes, lifecycle });
  const tidying = openTidying(volumes, tools);
  const layerSweeps = openLayerSweeps({
    ...{ ...tools, environments: createPostgresEnvironmentStore(stores.database) },
    ...{ objects: openObjectStore(config.objects, tools), metrics },
  });
  async function close(): Promise<void> {
    shared?.close();
    await pool?.close();
    await images.close();
    await tidying.close();
    await layerSweeps.close();
    await opened.close();
  }
  return { ...opened, lifecycle, quotas, shared, home, secrets, recover, close };
}
