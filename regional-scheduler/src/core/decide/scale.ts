/** The size of the fleet, where a provider gives hosts: what became of those asked for, and how many there should be. */
import { type HostId, hostIdSchema } from '@cellbook/shared/ids.ts';
import { outgrownMib } from '../contain/retry.ts';
import type { Row } from '../jobs/job-table.ts';
import type { HostPhase } from '../model/host.ts';
import type { NodeKind, ScaleSettings } from '../model/policy.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import { kindFor, type NodeRecord, offeredGpus } from '../scale/capacity.ts';
import { type ScaleHost, type ScaleView, scaleDecision } from '../scale/scale.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';
import type { Turn } from './turn.ts';

export function scaleFleet(turn: Turn): void {
  const { policy, capacity } = turn.state;
  for (const record of [...capacity.nodes.values()]) settle(turn, record);
  if (policy.scale) for (const kind of policy.scale.nodes) resize(turn, policy.scale, kind);
}

/** One that takes so many times longer to come than usual, and then some, does not come. */
const patience = { times: 3, moreMs: 2 * 60_000 };

function settle(turn: Turn, { node, hostId, kind, phase, askedMs }: NodeRecord): void {
  const { state, nowMs } = turn;
  const host = state.fleet.hosts.get(hostId);
  switch (phase) {
    case 'asked': {
      const lateMs = askedMs + patience.times * kind.provisionMs + patience.moreMs;
      if (host?.phase === 'up') turn.emit({ type: 'node_arrived', node });
      else if (nowMs > lateMs) turn.emit({ type: 'node_failed', node, because: 'it did not come in time' });
      return;
    }
    case 'up':
      // What it ran has been given away: another is asked for, and this one given back.
      if (!host || host.phase === 'silent' || host.phase === 'gone')
        turn.emit({ type: 'node_leaving', node, because: 'its agent is silent' });
      return;
    case 'leaving':
      if (!host || host.attempts.length === 0) turn.emit({ type: 'node_removing', node });
      // An agent that restarts would take jobs again.
      else if (host.phase === 'up') turnHost(turn, hostId, 'draining', 'it is to go');
      return;
    case 'removing':
  }
}

function resize(turn: Turn, settings: ScaleSettings, kind: NodeKind): void {
  const { state, nowMs } = turn;
  const { capacity, termBeganMs } = state;
  const byHost = new Map([...capacity.nodes.values()].map((record) => [record.hostId, record]));
  const view = viewOf(state, kind, { settings, byHost, nowMs });
  const memory = { idleSinceMs: capacity.tightMs[kind.sku] ?? termBeganMs };
  const decision = scaleDecision(view, kind, { ...settings, ...kind }, memory, nowMs);
  const { because } = decision;
  for (const hostId of decision.undrain) {
    turn.emit({ type: 'node_kept', node: byHost.get(hostId)!.node, because });
    turnHost(turn, hostId, 'up', because);
  }
  for (const hostId of decision.drain) {
    turn.emit({ type: 'node_leaving', node: byHost.get(hostId)!.node, because });
    turnHost(turn, hostId, 'draining', because);
  }
  if (nowMs < capacity.notBeforeMs || askedLately(turn, kind)) return;
  for (let left = decision.create; left > 0; left--) {
    const node = String(capacity.asked + 1);
    const hostId = hostIdSchema.parse(`${kind.name}-n${node}`);
    turn.emit({ type: 'node_asked', node, hostId, kind, because });
  }
}

/** A step at a time: what those just asked for change is to be seen first. */
const stepMs = 15_000;

function askedLately({ state, nowMs }: Turn, { name }: NodeKind): boolean {
  for (const { kind, askedMs } of state.capacity.nodes.values())
    if (kind.name === name && nowMs - askedMs < stepMs) return true;
  return false;
}

function turnHost(turn: Turn, hostId: HostId, phase: HostPhase, because: string): void {
  const host = turn.state.fleet.hosts.get(hostId);
  if (host) turn.emit({ type: 'host_changed', host: host.spec, phase, because });
}

interface Looking {
  settings: ScaleSettings;
  byHost: ReadonlyMap<HostId, NodeRecord>;
  nowMs: number;
}

function viewOf(state: SchedulerState, kind: NodeKind, { settings, byHost, nowMs }: Looking): ScaleView {
  const { fleet, capacity, tiers, policy } = state;
  const hosts: ScaleHost[] = [];
  for (const { spec, phase, kind: of, free, attempts } of fleet.ranked) {
    const record = byHost.get(spec.hostId);
    const isLeaving = phase === 'draining' && record?.phase === 'leaving';
    if (of.sku !== kind.sku || (phase !== 'up' && !isLeaving)) continue;
    const busyGpus = attempts.reduce((sum, { gpus }) => sum + gpus, 0);
    // Who is broken in part counts for what he can take.
    const gpus = Math.min(spec.gpus, busyGpus + free);
    hosts.push({ hostId: spec.hostId, nodeId: record?.node ?? null, gpus, busyGpus, draining: isLeaving });
  }
  let arrivingGpus = 0;
  for (const record of capacity.nodes.values())
    if (record.phase === 'asked' && record.kind.sku === kind.sku) arrivingGpus += record.kind.gpus;
  let queuedGpuMs = 0;
  let targetMs: number | null = null;
  for (const tier of tierNames) {
    const queue = tiers[tier];
    for (const shape of queue.classes) {
      if (shape.lines.size === 0) continue;
      if (kindOf(state, settings, shape, queue.firstOf(shape))?.name !== kind.name) continue;
      queuedGpuMs += shape.work;
      targetMs = Math.min(targetMs ?? Number.POSITIVE_INFINITY, policy.tiers[tier].startMsTarget);
    }
  }
  const offered = offeredGpus(capacity, kind.name, nowMs);
  return { hosts, arrivingGpus, queuedGpuMs, targetMs, offeredGpus: offered };
}

/** Larger than what its first job ran out of, if there are such nodes; others where it may have those too. */
function kindOf(
  { jobs, tries, fleet: { census } }: SchedulerState,
  { nodes }: ScaleSettings,
  { kinds }: ShapeClass,
  row: Row,
): NodeKind | null {
  const template = jobs.templateOf(row);
  const outgrown = outgrownMib(tries.get(row)?.failures ?? []);
  if (outgrown === 0) return kindFor(nodes, template);
  const { gpus, skus } = template;
  const gpuMemoryMib = Math.max(template.gpuMemoryMib, outgrown + 1);
  const present = kinds.filter((kind) => census.kinds.has(kind));
  const isConfined = present.length > 0 && present.every(({ memoryMib }) => memoryMib > outgrown);
  return kindFor(nodes, { gpus, skus, gpuMemoryMib }) ?? (isConfined ? null : kindFor(nodes, template));
}
