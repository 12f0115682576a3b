/**
 * Where GPU hosts come from: a cloud's API, a rack's power switch, or the simulation (simulated-provider.ts). What
 * there is, is what it lists: whoever decides keeps no record of his own that could differ. A request has a key: made
 * twice it makes one node.
 */
import type { HostId } from '@cellbook/shared/ids.ts';

export interface NodeKind {
  name: string;
  sku: string;
  gpus: number;
  /** How long one takes to be up, usually. */
  provisionMs: number;
  pricePerHourMicros: number;
}

export interface ProvidedNode {
  nodeId: string;
  kind: string;
  phase: 'provisioning' | 'up' | 'removing' | 'failed';
  requestedMs: number;
  /** What its agent calls itself; null until it is up. */
  hostId: HostId | null;
}

export interface CapacityProvider {
  kinds(): readonly NodeKind[];
  list(signal: AbortSignal): Promise<readonly ProvidedNode[]>;
  create(kind: string, requestKey: string, signal: AbortSignal): Promise<void>;
  /** Of a host that was drained; of one that is gone already it does nothing. */
  remove(nodeId: string, signal: AbortSignal): Promise<void>;
}
