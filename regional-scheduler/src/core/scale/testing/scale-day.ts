/**
 * A day of one SKU: the load follows the hours, nodes take minutes to come, jobs start in the order in which they
 * came. For the tests of scaling only. `policy` null: the fleet stays as it begins.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import type { NodeKind } from '../../model/policy.ts';
import { type ScaleMemory, type ScalePolicy, scaleDecision } from '../scale.ts';

export interface ScaleDay {
  seed: number;
  hours: number;
  nodesAtFirst: number;
  policy: ScalePolicy | null;
  /** GPUs that the load of this hour keeps busy. */
  offeredAt: (hour: number) => number;
}

export interface ScaleReport {
  p95WaitMs: number;
  gpuHoursPaid: number;
  gpuHoursUsed: number;
  created: number;
  removed: number;
  nodesMost: number;
}

export const kind: Pick<NodeKind, 'gpus' | 'provisionMs'> = { gpus: 8, provisionMs: 4 * 60_000 };
export const targetMs = 5 * 60_000;
const tickMs = 15_000;
const meanMs = 90_000;

interface Node {
  id: number;
  upMs: number;
  draining: boolean;
  /** When each of its jobs ends. */
  ends: number[];
}

export function runScaleDay(day: ScaleDay): ScaleReport {
  const random = seededRandom(day.seed);
  let nodes: Node[] = Array.from({ length: day.nodesAtFirst }, (_, id) => newNode(id, 0));
  let memory: ScaleMemory = { idleSinceMs: null };
  let queue: { atMs: number; runMs: number }[] = [];
  let offered = day.offeredAt(0);
  const waits: number[] = [];
  const report = { gpuHoursPaid: 0, gpuHoursUsed: 0, created: 0, removed: 0, nodesMost: 0 };
  for (let now = 0; now < day.hours * 3_600_000; now += tickMs) {
    const arrivals = drawCount(random, (day.offeredAt(now / 3_600_000) * tickMs) / meanMs);
    for (let at = 0; at < arrivals; at++)
      queue.push({ atMs: now, runMs: -Math.log(1 - random.float()) * meanMs });
    offered += 0.05 * ((arrivals * meanMs) / tickMs - offered);
    for (const node of nodes) node.ends = node.ends.filter((endMs) => endMs > now);
    queue = start(nodes, queue, now, waits);
    if (day.policy) scale(now, day.policy);
    const busy = nodes.reduce((sum, node) => sum + node.ends.length, 0);
    report.gpuHoursPaid += (nodes.length * kind.gpus * tickMs) / 3_600_000;
    report.gpuHoursUsed += (busy * tickMs) / 3_600_000;
    report.nodesMost = Math.max(report.nodesMost, nodes.length);
  }
  waits.sort((a, b) => a - b);
  return { ...report, p95WaitMs: waits[Math.floor(0.95 * waits.length)] ?? 0 };

  function scale(now: number, policy: ScalePolicy): void {
    const up = nodes.filter((node) => node.upMs <= now);
    const view = {
      hosts: up.map(({ id, ends, draining }) => {
        const names = { hostId: `h-${id}` as HostId, nodeId: `${id}` };
        return { ...names, gpus: kind.gpus, busyGpus: ends.length, draining };
      }),
      arrivingGpus: (nodes.length - up.length) * kind.gpus,
      queuedGpuMs: queue.length * meanMs,
      offeredGpus: offered,
      targetMs: queue.length > 0 ? targetMs : null,
    };
    const decision = scaleDecision(view, kind, policy, memory, now);
    memory = decision.memory;
    for (const node of nodes) {
      if (decision.drain.includes(`h-${node.id}` as HostId)) node.draining = true;
      if (decision.undrain.includes(`h-${node.id}` as HostId)) node.draining = false;
    }
    for (let at = 0; at < decision.create; at++)
      nodes.push(newNode(1000 + report.created++, now + kind.provisionMs));
    nodes = nodes.filter((node) => !decision.remove.includes(`${node.id}`));
    report.removed += decision.remove.length;
  }
}

function newNode(id: number, upMs: number): Node {
  return { id, upMs, draining: false, ends: [] };
}

function start(
  nodes: readonly Node[],
  queue: { atMs: number; runMs: number }[],
  now: number,
  waits: number[],
): { atMs: number; runMs: number }[] {
  const left = [...queue];
  for (const node of nodes) {
    if (node.upMs > now || node.draining) continue;
    for (let free = kind.gpus - node.ends.length; free > 0 && left.length > 0; free--) {
      const job = left.shift()!;
      waits.push(now - job.atMs);
      node.ends.push(now + job.runMs);
    }
  }
  return left;
}

function drawCount(random: Random, mean: number): number {
  let count = 0;
  for (let left = Math.exp(-mean), drawn = random.float(); drawn > left; drawn *= random.float()) count++;
  return count;
}
