/**
 * Where GPU hosts come from: a cloud's API, a rack's power switch, or the simulation (simulated-nodes.ts). What there is,
 * is what it lists. A request has a key: made twice it makes one node, and what was asked for or given back with an answer
 * that was lost is asked for, or given back, again. provider.conformance.test.ts is what one has to pass.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { NodeKind } from '../core/model/policy.ts';

export interface NodeRequest {
  requestKey: string;
  kind: Pick<NodeKind, 'name' | 'sku' | 'gpus' | 'gpuMemoryMib'>;
  /** What its agent is to call itself, and how it reaches us and shows that it is who it says. */
  hostId: HostId;
  agentKey: string;
  schedulerUrl: string;
}

export type ProvidedPhase = 'provisioning' | 'up' | 'failed' | 'removing';

export interface ProvidedNode {
  requestKey: string;
  phase: ProvidedPhase;
  /** Of one that failed. */
  because: string | null;
}

export interface CapacityProvider {
  /** All that have not gone yet, failed ones too. */
  list(signal: AbortSignal): Promise<readonly ProvidedNode[]>;
  /** Says that it was understood, not that the node is there. */
  create(request: NodeRequest, signal: AbortSignal): Promise<void>;
  /** Of a host that was drained, or never came; of one that is gone already it does nothing. */
  remove(requestKey: string, signal: AbortSignal): Promise<void>;
}
