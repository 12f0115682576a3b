/**
 * How many GPUs of a SKU a region should have. A node takes minutes to come and is paid by the hour, so up: for what
 * the GPUs there are, and those on the way, will not have started by the time a new one comes, in time for the
 * tightest target of a tier that waits; not for a peak that is over by then, and no node that would stand idle before
 * it has paid. Down: only what has been idle for long, over a head-room, the emptiest hosts first, by draining; a
 * host that is drained for it takes nothing new and is removed when its last job has ended. Between the two lies
 * what neither moves (hysteresis), so that a load that swings round a threshold changes nothing.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { NodeKind, ScaleSettings } from '../model/policy.ts';

export interface ScaleHost {
  hostId: HostId;
  nodeId: string | null;
  gpus: number;
  busyGpus: number;
  draining: boolean;
}

/** Of one SKU. */
export interface ScaleView {
  hosts: readonly ScaleHost[];
  /** GPUs on the way, without those that failed to come. */
  arrivingGpus: number;
  /** Predicted GPU time of what waits and could use it. */
  queuedGpuMs: number;
  /** GPU time that comes in per millisecond, smoothed over some minutes: how many GPUs it keeps busy. */
  offeredGpus: number;
  /** The shortest start target of a tier that waits; null: nobody waits. */
  targetMs: number | null;
}

export type ScalePolicy = Omit<ScaleSettings, 'nodes'> & Pick<NodeKind, 'gpusMin' | 'gpusMax'>;

/** Since when there have been too many; null: there are not. */
export interface ScaleMemory {
  idleSinceMs: number | null;
}

export interface ScaleDecision {
  create: number;
  drain: HostId[];
  /** Back into use: cheaper than a new one. */
  undrain: HostId[];
  remove: string[];
  memory: ScaleMemory;
  because: string;
}

export function scaleDecision(
  view: ScaleView,
  kind: Pick<NodeKind, 'gpus' | 'provisionMs'>,
  policy: ScalePolicy,
  memory: ScaleMemory,
  nowMs: number,
): ScaleDecision {
  const nothing = { create: 0, drain: [], undrain: [], remove: emptied(view), memory, because: '' };
  const wanted = wantedGpus(view, kind, policy);
  const draining = view.hosts.filter((host) => host.draining);
  const up = sumOf(view.hosts.filter((host) => !host.draining).map((host) => host.gpus));
  const missing = Math.min(wanted, policy.gpusMax) - up - view.arrivingGpus;
  if (missing > 0) {
    const undrain = takeUntil(draining, missing);
    const left = missing - sumOf(undrain.map((host) => host.gpus));
    const step = Math.max(1, Math.floor((policy.stepShareMax * (up + view.arrivingGpus)) / kind.gpus));
    return {
      ...nothing,
      create: left > 0 ? Math.min(step, Math.ceil(left / kind.gpus)) : 0,
      undrain: undrain.map((host) => host.hostId),
      remove: nothing.remove.filter((nodeId) => !undrain.some((host) => host.nodeId === nodeId)),
      memory: { idleSinceMs: null },
      because: `${wanted} GPUs are wanted, ${up} are up and ${view.arrivingGpus} on their way`,
    };
  }
  const spare = up - Math.max(policy.gpusMin, wanted);
  if (view.targetMs !== null || spare < kind.gpus) return { ...nothing, memory: { idleSinceMs: null } };
  const idleSinceMs = memory.idleSinceMs ?? nowMs;
  if (nowMs - idleSinceMs < policy.idleMs) return { ...nothing, memory: { idleSinceMs } };
  const drain = emptiest(view.hosts, Math.min(spare, Math.max(kind.gpus, policy.stepShareMax * up)));
  const because = `${spare} GPUs more than needed for ${Math.round((nowMs - idleSinceMs) / 60_000)} minutes`;
  return { ...nothing, drain, memory: { idleSinceMs: nowMs }, because };
}

/** What is busy, a head-room, and what the queue needs beyond that when a node asked for now would be there. */
function wantedGpus(
  view: ScaleView,
  kind: Pick<NodeKind, 'gpus' | 'provisionMs'>,
  policy: ScalePolicy,
): number {
  const up = sumOf(view.hosts.filter((host) => !host.draining).map((host) => host.gpus));
  const busy = sumOf(view.hosts.map((host) => host.busyGpus));
  const steady = Math.min(busy, view.offeredGpus) * (1 + policy.headroomShare);
  if (view.targetMs === null) return Math.max(policy.gpusMin, Math.ceil(steady));
  const coming = up + view.arrivingGpus;
  const leftThen = view.queuedGpuMs + (view.offeredGpus - coming) * kind.provisionMs;
  if (leftThen <= 0) return Math.max(policy.gpusMin, Math.ceil(Math.min(steady, coming)));
  // So many that what is left then starts within the target, and each has work for long enough.
  const forBacklog = leftThen / Math.max(view.targetMs, policy.usefulMs);
  const forFlow = Math.max(0, view.offeredGpus * (1 + policy.headroomShare) - coming);
  return Math.max(policy.gpusMin, Math.ceil(coming + Math.max(forBacklog, forFlow)));
}

function emptied(view: ScaleView): string[] {
  return view.hosts.flatMap((host) =>
    host.draining && host.busyGpus === 0 && host.nodeId ? [host.nodeId] : [],
  );
}

/** Of those that a provider gave. */
function emptiest(hosts: readonly ScaleHost[], gpusMax: number): HostId[] {
  const ours = hosts.filter((host) => host.nodeId !== null && !host.draining);
  const sorted = ours.sort(
    (a, b) => a.busyGpus / a.gpus - b.busyGpus / b.gpus || (a.hostId < b.hostId ? 1 : -1),
  );
  return sorted
    .filter((_, at) => sumOf(sorted.slice(0, at + 1).map((host) => host.gpus)) <= gpusMax)
    .map(idOf);
}

/** As many as it takes for so many GPUs. */
function takeUntil(hosts: readonly ScaleHost[], gpus: number): ScaleHost[] {
  return hosts.filter((_, at) => sumOf(hosts.slice(0, at).map((host) => host.gpus)) < gpus);
}

const idOf = (host: ScaleHost): HostId => host.hostId;
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
