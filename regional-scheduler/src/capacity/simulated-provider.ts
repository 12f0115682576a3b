/** The simulated nodes as a provider, by a clock. `boot` and `halt` are told when a node is up and when it has gone. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { CapacityProvider, NodeRequest } from './provider.ts';
import { SimulatedNodes, type SimulatedNodesOptions } from './simulated-nodes.ts';

export interface SimulatedProvider extends CapacityProvider {
  /** What has come about since; `list` does it too. */
  pass(): void;
}

export function createSimulatedProvider(
  options: SimulatedNodesOptions & {
    clock: Clock;
    boot?(request: NodeRequest): void;
    halt?(request: NodeRequest): void;
  },
): SimulatedProvider {
  const { clock, boot, halt } = options;
  const nodes = new SimulatedNodes<NodeRequest>(options);
  function pass(): void {
    for (const { what, request } of nodes.pass(clock.monotonicMs())) {
      if (what === 'up') boot?.(request);
      else halt?.(request);
    }
  }
  return {
    pass,
    async list() {
      pass();
      return nodes.list();
    },
    async create(request) {
      pass();
      nodes.create(request, clock.monotonicMs());
    },
    async remove(requestKey) {
      pass();
      nodes.remove(requestKey, clock.monotonicMs());
    },
  };
}
