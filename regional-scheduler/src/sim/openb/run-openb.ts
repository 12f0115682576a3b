/**
 * The published experiment on the openb cluster: jobs come in random order until 130 % of the cluster's GPUs
 * have been asked for, none ends, and what counts is how much of the GPUs is given out. A list that asks for
 * less goes on with jobs drawn from it again.
 */
import type { Random } from '@cellbook/shared/random.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { Placer } from '../../core/place/placer.ts';
import type { PlacementPolicyName } from '../../core/place/policies.ts';
import { freeGpuMilli, type Room, type Shape } from '../../core/place/room.ts';
import { workloadOf } from '../../core/place/workload.ts';

export interface OpenbExperiment {
  nodes: readonly Room[];
  pods: readonly Shape[];
  policy: PlacementPolicyName;
  /** GPUs asked for over GPUs there are. */
  arrived?: number;
}

export interface Allocation {
  allocationPercent: number;
  placed: number;
  refused: number;
}

export function runOpenb(experiment: OpenbExperiment, seed: number): Allocation {
  const { nodes, pods, policy, arrived = 1.3 } = experiment;
  const total = nodes.reduce((sum, node) => sum + freeGpuMilli(node), 0);
  const placer = new Placer({ hosts: nodes, workload: workloadOf(pods), policy });
  let given = 0;
  let placed = 0;
  let refused = 0;
  for (const pod of arrivals(pods, arrived * total, seededRandom(seed))) {
    if (placer.place(pod)) {
      given += gpuMilli(pod);
      placed++;
    } else refused++;
  }
  return { allocationPercent: (100 * given) / total, placed, refused };
}

export function* arrivals(pods: readonly Shape[], untilMilli: number, random: Random): Generator<Shape> {
  let asked = 0;
  for (const pod of shuffled(pods, random)) {
    if (asked >= untilMilli) return;
    asked += gpuMilli(pod);
    yield pod;
  }
  if (asked === 0) return;
  while (asked < untilMilli) {
    const pod = pods[random.int(pods.length)]!;
    asked += gpuMilli(pod);
    yield pod;
  }
}

function gpuMilli(shape: Shape): number {
  return shape.gpus * shape.gpuMilli;
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.int(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
