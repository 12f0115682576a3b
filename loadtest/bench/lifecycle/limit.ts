/** Names what holds the cell back, from what was used while it worked as fast as it could. Pure. */

export interface Use {
  /** Processors' worth of time each took, on average: 1 is one processor, fully. */
  controllerCores: number;
  postgresCores: number;
  benchmarkCores: number;
  /** Of all programs of the machine, those of others among them. */
  machineCores: number;
  commitsPerSecond: number;
  /** What the same server commits with nothing else to do. */
  commitsPerSecondAlone: number;
}

/** One thread is full at this share of a processor: the rest is the garbage collector's and the kernel's turns. */
const fullThread = 0.9;
const fullMachine = 0.92;

/** Of what Postgres commits alone: above it the disk is what is waited for. */
const fullDisk = 0.7;

export function limitOf(use: Use, cores: number, steps: Readonly<Record<string, { p50Ms: number }>>): string {
  const { controllerCores, postgresCores, benchmarkCores } = use;
  const others = Math.max(0, use.machineCores - controllerCores - postgresCores - benchmarkCores);
  const told = `controller ${controllerCores.toFixed(2)}, Postgres ${postgresCores.toFixed(2)}, benchmark ${benchmarkCores.toFixed(2)}, everything else ${others.toFixed(2)} of ${cores} processors`;
  if (controllerCores >= fullThread) return `the controller's one thread (${told})`;
  if (use.machineCores >= fullMachine * cores) return `the machine's processors (${told})`;
  const share = use.commitsPerSecond / use.commitsPerSecondAlone;
  if (share >= fullDisk)
    return `Postgres' commits: ${Math.round(100 * share)} % of what it does alone (${told})`;
  const [slowest = 'none', { p50Ms } = { p50Ms: 0 }] =
    Object.entries(steps).sort(([, a], [, b]) => b.p50Ms - a.p50Ms)[0] ?? [];
  return `the time a workspace takes, so many at once as the cell acts on: most of it ${slowest}, ${p50Ms} ms at the median (${told})`;
}
