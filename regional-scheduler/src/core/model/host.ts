/** A GPU host as the scheduler sees it. */
import type { HostId } from '@cellbook/shared/ids.ts';

export type HostPhase = 'up' | 'draining' | 'quarantined' | 'silent' | 'gone';

export interface HostSpec {
  hostId: HostId;
  /** GPU model: one per host. */
  sku: string;
  rack: string;
  gpus: number;
  gpuMemoryMib: number;
  /** Counts the agent's starts: a report of an older one is refused. */
  generation: number;
  /** Devices that must not be used, by health or by configuration. */
  unhealthy: readonly number[];
  /** `binary@version`, as its agent tells; absent: it was written before that was kept. */
  binaries?: readonly string[] | undefined;
}
