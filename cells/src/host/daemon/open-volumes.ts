/** The files of a host: its homes, what is installed in them, and what a daemon before this one has left. */
import { join } from 'node:path';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Database } from '../../db/database.ts';
import { HostEnvironments } from '../../environments/host-environments.ts';
import { createPostgresEnvironmentStore } from '../../environments/postgres-environment-store.ts';
import { withManifestFailpoints } from '../../lifecycle/crash/with-failpoints.ts';
import { createHomeProvider } from '../../sandbox/quota/choose.ts';
import { createWorkspaceVolumes, type HostVolumes } from '../../storage/create-workspace-volumes.ts';
import { createPostgresManifestStore } from '../../storage/manifests/postgres-manifest-store.ts';
import { countingReads } from '../../storage/objects/counting-reads.ts';
import type { ObjectStore } from '../../storage/objects/object-store.ts';
import { sweepIncoming } from '../../storage/objects/sweep-incoming.ts';
import type { DaemonTools } from './daemon.ts';
import type { DaemonConfig } from './daemon-config.ts';

export interface VolumeStores {
  objects: ObjectStore;
  database: Database;
  metrics: Metrics;
  hostDirectory: string;
}

export async function openVolumes(
  { hostId, diskBytesMax, lazyAboveBytes, objects: location }: DaemonConfig,
  tools: DaemonTools,
  { objects, database, metrics, hostDirectory }: VolumeStores,
): Promise<HostVolumes> {
  const { failpoint, log } = tools;
  const environments = new HostEnvironments({
    ...{ ...tools, environments: createPostgresEnvironmentStore(database) },
    objects: countingReads(objects, metrics, 'packages'),
    cacheDirectory: join(hostDirectory, 'environments'),
  });
  const homes = await createHomeProvider({ homesDirectory: join(hostDirectory, 'homes'), log });
  const volumes = createWorkspaceVolumes({
    ...{ ...tools, host: hostId, hostDirectory, diskBytesMax, homes, metrics, environments, objects },
    // Where no file system can be mounted for a home, none can be for its files.
    ...(homes.kind === 'loop' && { lazyAboveBytes }),
    manifests: withManifestFailpoints(createPostgresManifestStore(database), failpoint),
  });
  await sweepIncoming(location, tools);
  const removed = await volumes.removeLeftovers();
  if (removed > 0)
    log.warn({ removed }, 'removed files that had been given back when an earlier daemon died');
  return volumes;
}
