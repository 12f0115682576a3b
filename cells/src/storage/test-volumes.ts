/** For tests: volumes over memory stores (or given ones) and a directory that is removed afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { createWorkspaceVolumes, type HostVolumes } from './create-workspace-volumes.ts';
import type { WorkspaceVolumesParts } from './host-parts.ts';
import { createMemoryManifestStore } from './manifests/memory-manifest-store.ts';
import { createMemoryObjectStore } from './objects/memory-object-store.ts';

export interface TestHost {
  volumes: HostVolumes;
  hostDirectory: string;
  parts: WorkspaceVolumesParts;
  close(): Promise<void>;
}

/** Rounds only when a test asks: an hour apart. */
const neverMs = 3_600_000;

export async function startTestHost(given: Partial<WorkspaceVolumesParts> = {}): Promise<TestHost> {
  const hostDirectory = await mkdtemp(join(tmpdir(), 'host-'));
  const parts: WorkspaceVolumesParts = {
    manifests: createMemoryManifestStore(),
    objects: createMemoryObjectStore(),
    hostDirectory,
    host: hostIdSchema.parse('eu-1-a'),
    diskBytesMax: 1e9,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    syncIntervalMs: neverMs,
    ...given,
  };
  const volumes = createWorkspaceVolumes(parts);
  return {
    ...{ volumes, hostDirectory, parts },
    async close() {
      await volumes.close();
      await rm(hostDirectory, { recursive: true, force: true });
    },
  };
}
