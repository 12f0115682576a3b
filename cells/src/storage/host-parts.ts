import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { HostEnvironments } from '../environments/host-environments.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { HomeProvider } from './live/home-provider.ts';
import type { ManifestStore } from './manifests/manifest-store.ts';
import type { ObjectStore } from './objects/object-store.ts';

/** What storage is built from on one host. */
export interface WorkspaceVolumesParts {
  manifests: ManifestStore;
  objects: ObjectStore;
  /** This host's own directory: markers, and homes unless `homes` is given. */
  hostDirectory: string;
  host: HostId;
  homes?: HomeProvider;
  /** What a home may hold, for providers that bound it. */
  diskBytesMax: number;
  /** Volumes of more bytes come as they are read; absent: all are brought whole. */
  lazyAboveBytes?: number;
  clock: Clock;
  random: Random;
  log: Logger;
  metrics?: Metrics;
  /** Installed packages, which are no files of the tree; absent: there are none. */
  environments?: HostEnvironments;
  /** Pause between two rounds of the syncer; limits.storage.syncIntervalMs unless told. */
  syncIntervalMs?: number;
  /** When what nobody has asked for is fetched; limits.storage.lazy.restAfterMs unless told. */
  restAfterMs?: number;
}

export interface HostParts extends WorkspaceVolumesParts {
  lock: KeyedLock<WorkspaceId>;
}
