/**
 * The leader's hands at a provider: every few seconds it compares what is on record with what the provider lists, and makes
 * them alike (core/scale/reconcile.ts says how). It keeps nothing. What it finds is asked for as events; what it does was
 * on record before, so that whoever leads next goes on where it stopped, by the same numbers: a machine is bought once,
 * and one that nobody knows of is given back.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { agentKeyOf } from '@cellbook/shared/gpu/agent-key.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { CapacityState, NodeRecord } from '../core/scale/capacity.ts';
import { type ListedNode, type Reconciled, reconcile } from '../core/scale/reconcile.ts';
import type { CapacityProvider, ProvidedNode } from './provider.ts';

export interface DriverDeps {
  provider: CapacityProvider;
  /** As it is written down: null where this instance does not lead, or what it has decided is not written yet. */
  written(): Pick<CapacityState, 'nodes' | 'asked'> | null;
  ask(event: SchedulerEvent, by: string): Promise<void>;
  /** Of the region: its nodes' keys begin with it. */
  schedulerId: string;
  regionSecret: string;
  schedulerUrl(): string;
  clock: Clock;
  log: Logger;
}

/** One round; repeats are harmless. */
export async function driveCapacity(deps: DriverDeps, signal: AbortSignal): Promise<void> {
  const { provider, clock, schedulerId } = deps;
  if (!deps.written()) return;
  const { callMsMax } = limits.capacity;
  const listing = { code: 'provider_unavailable', doing: 'listing the hosts of the provider' } as const;
  const listed = await withDeadline(clock, callMsMax, listing, (until) => provider.list(until), signal);
  // Looked at after it: what is listed was on record before it was asked for.
  const capacity = await settled(deps);
  if (!capacity) return;
  await carryOut(deps, reconcile(capacity, nodesOf(schedulerId, listed)), signal);
}

async function settled(deps: DriverDeps): Promise<ReturnType<DriverDeps['written']>> {
  for (let left = limits.capacity.looksMax; left > 0; left--) {
    const capacity = deps.written();
    if (capacity) return { asked: capacity.asked, nodes: new Map(capacity.nodes) };
    await new Promise<void>((resolve) => deps.clock.setTimer(limits.capacity.lookAgainMs, resolve));
  }
  return null;
}

async function carryOut(deps: DriverDeps, plan: Reconciled, signal: AbortSignal): Promise<void> {
  const { provider, clock, log, schedulerId } = deps;
  const atMs = clock.nowMs();
  for (const event of plan.events) await deps.ask({ ...event, atMs }, 'capacity');
  const calls = [
    ...plan.create.map((record) => ({
      doing: `asking the provider for node ${record.node}`,
      call: (until: AbortSignal) => provider.create(requestOf(deps, record), until),
    })),
    ...plan.remove.map((node) => ({
      doing: `giving node ${node} back`,
      call: (until: AbortSignal) => provider.remove(keyOf(schedulerId, node), until),
    })),
  ];
  for (const { doing, call } of calls) {
    const details = { code: 'provider_unavailable', doing } as const;
    await withDeadline(clock, limits.capacity.callMsMax, details, call, signal).catch((error: unknown) =>
      log.warn({ err: error }, `${doing} failed; it comes again`),
    );
  }
}

function requestOf({ schedulerId, regionSecret, schedulerUrl }: DriverDeps, record: NodeRecord) {
  const { node, hostId, kind } = record;
  const { name, sku, gpus, gpuMemoryMib } = kind;
  return {
    ...{ requestKey: keyOf(schedulerId, node), hostId, kind: { name, sku, gpus, gpuMemoryMib } },
    agentKey: agentKeyOf(regionSecret, hostId),
    schedulerUrl: schedulerUrl(),
  };
}

const keyOf = (schedulerId: string, node: string): string => `${schedulerId}.${node}`;

/** Those of this region alone. */
function nodesOf(schedulerId: string, listed: readonly ProvidedNode[]): ListedNode[] {
  const prefix = `${schedulerId}.`;
  return listed
    .filter(({ requestKey }) => requestKey.startsWith(prefix))
    .map(({ requestKey, phase, because }) => ({ node: requestKey.slice(prefix.length), phase, because }));
}

export function startDriving(deps: DriverDeps): { close(): Promise<void> } {
  const stop = new AbortController();
  let timer: Timer | null = null;
  let underWay: Promise<void> = Promise.resolve();
  const again = () => {
    if (stop.signal.aborted) return;
    timer = deps.clock.setTimer(limits.capacity.everyMs, () => {
      underWay = driveCapacity(deps, stop.signal)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) deps.log.warn({ err: error }, 'the provider of hosts is not reached');
        })
        .finally(again);
    });
  };
  again();
  return {
    async close() {
      stop.abort(new Error('the scheduler stops'));
      timer?.cancel();
      await underWay;
    },
  };
}
