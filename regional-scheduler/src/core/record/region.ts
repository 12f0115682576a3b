/** Transitions of hosts, customers and the policy. */
import { foldHostChanged } from '../contain/contain.ts';
import type { Host } from '../fleet/host.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';
import { dropReservation, roomAppeared } from './claims.ts';
import type { EventOf } from './event-of.ts';
import { queueAnew, requeueFor, requeueOutgrown } from './move-job.ts';

export function applyHost(state: SchedulerState, event: EventOf<'host_changed'>): boolean {
  const { host: spec, phase } = event;
  const { fleet } = state;
  const { because, operator, atMs } = event;
  foldHostChanged(state.contain, { hostId: spec.hostId, phase, because, operator, atMs });
  const known = fleet.hosts.get(spec.hostId);
  if (phase === 'gone' && known?.attempts.length === 0) {
    dropClaim(state, known);
    requeueFor(state, fleet.remove(known));
    requeueOutgrown(state);
    return true;
  }
  if (phase === 'gone' && !known) return false;
  const isOtherKind = known && (known.kind.sku !== spec.sku || known.kind.memoryMib !== spec.gpuMemoryMib);
  if (known && (phase !== 'up' || isOtherKind || spec.gpus !== known.spec.gpus)) dropClaim(state, known);
  const { host, changed } = fleet.set(spec, phase, priceMilliOf(state, spec.sku));
  requeueFor(state, changed);
  requeueOutgrown(state);
  for (const tier of tierNames) state.tiers[tier].unpark('ceiling');
  roomAppeared(state, host.kind, host.free);
  return true;
}

export function applyPolicy(state: SchedulerState, { policy }: EventOf<'policy_set'>): boolean {
  state.policy = policy;
  state.fleet.reprice((sku) => priceMilliOf(state, sku));
  for (const row of [...state.jobs.rows()]) if (state.jobs.phaseOf(row) === 'queued') queueAnew(state, row);
  for (const tier of tierNames) {
    state.tiers[tier].unpark('ceiling');
    state.tiers[tier].unpark('room');
  }
  return true;
}

export function applyCustomer(state: SchedulerState, event: EventOf<'customer_set'>): boolean {
  for (const tier of tierNames) {
    const customer = state.tiers[tier].customer(event.orgId);
    customer.weight = Math.max(1e-6, event.weight);
    customer.runningMax = event.runningMax;
    state.tiers[tier].settle(customer);
  }
  return true;
}

function dropClaim(state: SchedulerState, host: Host): void {
  if (host.reservation) dropReservation(state, host.reservation.jobId);
}

function priceMilliOf({ policy }: SchedulerState, sku: string): number {
  return Math.round(1000 * (policy.skuPrice[sku] ?? 1));
}
