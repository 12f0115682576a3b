/** Transitions of hosts that a provider gives (scale/capacity.ts has the table). */
import type { Host } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import { kindFor, type NodePhase, noteOffered } from '../scale/capacity.ts';
import type { NodeEvent } from '../scale/node-event.ts';
import type { SchedulerState } from '../state.ts';
import type { EventOf } from './event-of.ts';
import { applyHost } from './region.ts';

export function applyNode(state: SchedulerState, event: NodeEvent): boolean {
  switch (event.type) {
    case 'node_asked':
      return ask(state, event);
    case 'node_arrived':
      return arrive(state, event);
    case 'node_failed':
      return fail(state, event);
    case 'node_leaving':
      return move(state, event, 'up', 'leaving');
    case 'node_kept':
      return move(state, event, 'leaving', 'up');
    case 'node_removing':
      return move(state, event, 'leaving', 'removing');
    case 'node_removed':
      return remove(state, event);
  }
}

/** Numbers are given out in order: one that was given out before is not given out again. */
function ask({ capacity }: SchedulerState, event: EventOf<'node_asked'>): boolean {
  const { node, hostId, kind, atMs } = event;
  if (Number(node) !== capacity.asked + 1) return false;
  capacity.asked++;
  capacity.nodes.set(node, { node, hostId, kind, phase: 'asked', askedMs: atMs });
  return true;
}

function move(
  { capacity }: SchedulerState,
  { node, atMs }: NodeEvent,
  from: NodePhase,
  to: NodePhase,
): boolean {
  const record = capacity.nodes.get(node);
  if (record?.phase !== from) return false;
  record.phase = to;
  // The fleet has another size: whether it is too large is looked at anew.
  capacity.tightMs[record.kind.sku] = atMs;
  return true;
}

function arrive(state: SchedulerState, event: EventOf<'node_arrived'>): boolean {
  if (!move(state, event, 'asked', 'up')) return false;
  state.capacity.failures = 0;
  return true;
}

const backOffMs = 60_000;
const backOffMsMax = 30 * 60_000;

function fail(state: SchedulerState, { node, atMs }: EventOf<'node_failed'>): boolean {
  const { capacity } = state;
  if (capacity.nodes.get(node)?.phase !== 'asked') return false;
  capacity.notBeforeMs = atMs + Math.min(backOffMsMax, backOffMs * 2 ** capacity.failures);
  capacity.failures++;
  return forget(state, node);
}

/** Its host is no more either. */
function remove(state: SchedulerState, { node, atMs }: EventOf<'node_removed'>): boolean {
  const record = state.capacity.nodes.get(node);
  if (record?.phase !== 'removing') return false;
  const host = state.fleet.hosts.get(record.hostId);
  if (host) {
    const gone = { phase: 'gone', because: 'its provider has it no more' } as const;
    applyHost(state, { type: 'host_changed', atMs, host: host.spec, ...gone });
  }
  return forget(state, node);
}

function forget({ capacity }: SchedulerState, node: string): boolean {
  return capacity.nodes.delete(node);
}

export function learnSubmitted(state: SchedulerState, row: Row, atMs: number): void {
  const { policy, capacity, jobs } = state;
  if (!policy.scale) return;
  const template = jobs.templateOf(row);
  const kind = kindFor(policy.scale.nodes, template);
  if (kind) noteOffered(capacity, kind.name, template.gpus * jobs.p50Ms[row]!, atMs);
}

/** Asked after each placement and before each end: between the two nothing else is busy. */
export function learnTight({ policy, capacity, fleet }: SchedulerState, { kind }: Host, atMs: number): void {
  const node = policy.scale?.nodes.find(({ sku }) => sku === kind.sku);
  if (!policy.scale || !node) return;
  const { up, free } = fleet.gpusOf(kind.sku);
  if (free - policy.scale.headroomShare * (up - free) < node.gpus) capacity.tightMs[kind.sku] = atMs;
}
