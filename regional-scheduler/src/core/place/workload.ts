/** What is usually asked for: the yardstick by which a room's free GPUs are of use, or are not. */
import { type Shape, wholeGpu } from './room.ts';

export interface Workload {
  /** The usual shapes with the share of the jobs that each makes; the shares sum to one. */
  shapes: readonly { shape: Shape; share: number }[];
  /** What the jobs with GPUs ask for beside a thousandth of a GPU, on average. */
  cpuPerGpuMilli: number;
}

/** The most frequent shapes of `history` (memory aside) that together make up `coverage` of it. */
export function workloadOf(history: readonly Shape[], coverage = 0.95): Workload {
  const counts = new Map<string, { shape: Shape; count: number }>();
  for (const shape of history) {
    const key = [shape.cpuMilli, shape.gpus, shape.gpuMilli, shape.models?.join('|')].join();
    const counted = counts.get(key);
    if (counted) counted.count++;
    else counts.set(key, { shape: { ...shape, memoryMib: 0 }, count: 1 });
  }
  const usual: { shape: Shape; count: number }[] = [];
  let covered = 0;
  for (const counted of [...counts.values()].sort((a, b) => b.count - a.count)) {
    if (covered >= coverage * history.length) break;
    usual.push(counted);
    covered += counted.count;
  }
  return {
    shapes: usual.map(({ shape, count }) => ({ shape, share: count / covered })),
    cpuPerGpuMilli: cpuPerGpuMilli(history),
  };
}

function cpuPerGpuMilli(history: readonly Shape[]): number {
  const withGpus = history.filter((shape) => shape.gpus > 0);
  const cpu = withGpus.reduce((sum, shape) => sum + shape.cpuMilli, 0);
  const gpu = withGpus.reduce((sum, shape) => sum + shape.gpus * shape.gpuMilli, 0);
  // Without any job that used a GPU there is no telling: as much as a small machine has beside one.
  return gpu > 0 ? cpu / gpu : (4 * 1000) / wholeGpu;
}
