import type { OrgId } from '@cellbook/shared/ids.ts';
import type { ContainState } from '../contain/contain.ts';
import type { HostPhase, HostSpec } from '../model/host.ts';
import type { RegionPolicy } from '../model/policy.ts';
import type { MixCounts } from '../place/mix.ts';
import type { CapacityState, NodeRecord } from '../scale/capacity.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';

type DumpedCustomer = [orgId: OrgId, weight: number, runningMax: number | null, tag: number, credit: number];

export interface DumpedRegion {
  policy: RegionPolicy;
  epoch: number;
  termBeganMs: number;
  atMs: number;
  nextSequence: number;
  hosts: [HostSpec, HostPhase, priceMilli: number][];
  /** In the order of `tierNames`. */
  tiers: { clock: number; tokens: number; tokensAtMs: number; customers: DumpedCustomer[] }[];
  mix: MixCounts;
  contain: ContainState;
  /** Absent in what was written before there were such hosts. */
  capacity?: Omit<CapacityState, 'nodes'> & { nodes: NodeRecord[] };
}

export function dumpRegion(state: SchedulerState): DumpedRegion {
  const { policy, epoch, termBeganMs, atMs, nextSequence, fleet, tiers, mix, contain, capacity } = state;
  return {
    ...{ policy, epoch, termBeganMs, atMs, nextSequence, contain },
    mix: mix.saved,
    capacity: structuredClone({ ...capacity, nodes: [...capacity.nodes.values()] }),
    hosts: fleet.ranked.map(({ spec, phase, kind }) => [spec, phase, kind.priceMilli]),
    tiers: tierNames.map((tier) => {
      const { clock, tokens, tokensAtMs, customers } = tiers[tier];
      // Who waits for nothing and has no more than the clock starts at the clock, like one never seen.
      const known = [...customers.values()].filter(
        ({ weight, runningMax, tag, queued, running }) =>
          weight !== 1 || runningMax !== null || (tag > 0 && (tag >= clock || queued > 0 || running > 0)),
      );
      return {
        ...{ clock, tokens, tokensAtMs },
        customers: known
          .map(
            ({ orgId, weight, runningMax, tag, credit }): DumpedCustomer => [
              orgId,
              weight,
              runningMax,
              tag,
              credit,
            ],
          )
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      };
    }),
  };
}

export function loadRegion(state: SchedulerState, dumped: DumpedRegion): void {
  const { policy, epoch, termBeganMs, atMs, nextSequence, contain } = dumped;
  Object.assign(state, { policy, epoch, termBeganMs, atMs, nextSequence, contain: structuredClone(contain) });
  state.mix.restore(dumped.mix);
  if (dumped.capacity) {
    const { nodes, ...rest } = structuredClone(dumped.capacity);
    state.capacity = { nodes: new Map(nodes.map((record) => [record.node, record])), ...rest };
  }
  for (const [spec, phase, priceMilli] of dumped.hosts) state.fleet.set(spec, phase, priceMilli);
  for (const [at, { clock, tokens, tokensAtMs, customers }] of dumped.tiers.entries()) {
    const queue = state.tiers[tierNames[at]!];
    Object.assign(queue, { clock, tokens, tokensAtMs });
    for (const [orgId, weight, runningMax, tag, credit] of customers)
      Object.assign(queue.customer(orgId), { weight, runningMax, tag, credit });
  }
}
