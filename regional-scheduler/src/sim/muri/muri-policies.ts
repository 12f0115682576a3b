/** The policies of the published comparison, as they were simulated there, and ours. */
import { LearnedOrder } from '../../core/order/learned-order.ts';
import { emptyCluster, gpusPerHost, hosts, takeGpus } from './muri-cluster.ts';
import { type MuriPolicy, type MuriTask, remainingSeconds } from './simulate-muri.ts';

export const muriPolicies: Record<string, () => MuriPolicy> = {
  /** Least attained service by what was learned of others; knows no runtime. Ours. */
  learned: () => new Learned(),
  /** Shortest remaining time first; knows every runtime. */
  srtf: () => new ShortestFirst(remainingSeconds),
  /** Shortest remaining GPU time first; knows every runtime. */
  srsf: () => new ShortestFirst((task) => remainingSeconds(task) * task.gpus),
  /** Least attained GPU time in three queues; knows no runtime. */
  tiresias: () => new Tiresias(),
};

const never = () => Number.POSITIVE_INFINITY;
const nothing = () => {};

class ShortestFirst implements MuriPolicy {
  readonly #size: (task: MuriTask) => number;
  readonly arrived = nothing;
  readonly ended = nothing;
  readonly nextLook = never;

  constructor(size: (task: MuriTask) => number) {
    this.#size = size;
  }

  choose(present: MuriTask[]): void {
    sortBy(present, this.#size);
    const free = emptyCluster();
    for (const task of present) task.isRunning = takeGpus(free, task.gpus);
  }
}

class Learned implements MuriPolicy {
  readonly #order = new LearnedOrder();
  readonly nextLook = never;

  arrived(task: MuriTask): void {
    this.#order.submitted(task);
  }

  ended(task: MuriTask): void {
    this.#order.completed(task);
  }

  choose(present: MuriTask[]): void {
    const ranks = new Map(present.map((task) => [task, this.#order.rank(task, present)]));
    present.sort(
      (a, b) =>
        ranks.get(a)! - ranks.get(b)! ||
        Number(b.isRunning) - Number(a.isRunning) ||
        a.job.submitSeconds - b.job.submitSeconds,
    );
    let free = hosts * gpusPerHost;
    for (const task of present) {
      task.isRunning = task.gpus <= free;
      if (task.isRunning) free -= task.gpus;
    }
    placeWidestFirst(present.filter((task) => task.isRunning));
  }
}

/** What fits by number must fit on the hosts: it does where the widths divide each other; else the last wait. */
function placeWidestFirst(chosen: MuriTask[]): void {
  const free = emptyCluster();
  for (const task of chosen.sort((a, b) => b.gpus - a.gpus)) task.isRunning = takeGpus(free, task.gpus);
}

/** GPU seconds after which a job goes to the next queue. */
const queueGpuSeconds = [3250, 7200];

/** As published it counts GPUs and does not ask which host they are on. */
class Tiresias implements MuriPolicy {
  #queues: MuriTask[][] = [[], [], []];

  arrived(task: MuriTask): void {
    this.#queues[0]!.push(task);
  }

  ended(task: MuriTask): void {
    const queue = this.#queues.find((one) => one.includes(task))!;
    queue.splice(queue.indexOf(task), 1);
  }

  choose(present: MuriTask[]): void {
    for (const task of present) if (task.isRunning) this.#demote(task);
    let free = hosts * gpusPerHost;
    for (const task of this.#queues.flat()) {
      task.isRunning = task.gpus <= free;
      if (task.isRunning) free -= task.gpus;
    }
    this.#queues = this.#queues.map((queue) => [
      ...queue.filter((task) => task.isRunning),
      ...queue.filter((task) => !task.isRunning),
    ]);
  }

  nextLook(present: readonly MuriTask[], now: number): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (const task of present) {
      const limit = queueGpuSeconds[this.#queueOf(task)];
      if (!task.isRunning || limit === undefined) continue;
      soonest = Math.min(soonest, Math.ceil(limit / task.gpus) - task.attainedSeconds + now);
    }
    return soonest;
  }

  #demote(task: MuriTask): void {
    const at = this.#queueOf(task);
    const limit = queueGpuSeconds[at];
    if (limit === undefined || task.attainedSeconds * task.gpus < limit) return;
    const queue = this.#queues[at]!;
    queue.splice(queue.indexOf(task), 1);
    this.#queues[at + 1]!.push(task);
  }

  #queueOf(task: MuriTask): number {
    return this.#queues.findIndex((queue) => queue.includes(task));
  }
}

function sortBy(tasks: MuriTask[], key: (task: MuriTask) => number): void {
  const keys = new Map(tasks.map((task) => [task, key(task)]));
  tasks.sort((a, b) => keys.get(a)! - keys.get(b)!);
}
