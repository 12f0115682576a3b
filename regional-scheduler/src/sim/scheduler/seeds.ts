/** Many seeds, each run twice with equal lines, on several threads. */
import { Worker } from 'node:worker_threads';
import type { Mutation } from './mutations.ts';
import { simulate } from './simulate.ts';

export interface Seeds {
  from: number;
  seeds: number;
  mutation: Mutation | null;
}

export interface Found {
  seeds: number;
  violations: number;
  decisions: number;
}

export interface Violation {
  seed: number;
  broken: string;
}

/** Null where every invariant holds and the run repeats to the letter. */
export function judgeSeed(
  seed: number,
  mutation: Mutation | null,
): { broken: string | null; decisions: number } {
  const [first, second] = [simulate(seed, mutation), simulate(seed, mutation)];
  const at = first.lines.findIndex((line, index) => line !== second.lines[index]);
  const differs = at !== -1 || first.lines.length !== second.lines.length;
  const broken = first.broken ?? (differs ? `a second run differs: ${first.lines[at]}` : null);
  return { broken, decisions: first.decisions };
}

export async function simulateSeeds(
  { from, seeds, mutation, threads }: Seeds & { threads: number },
  violated: (violation: Violation) => void,
): Promise<Found> {
  const parts = Array.from({ length: threads }, (_, thread) => {
    const begin = Math.floor((seeds * thread) / threads);
    const end = Math.floor((seeds * (thread + 1)) / threads);
    return { from: from + begin, seeds: end - begin, mutation };
  });
  const found = await Promise.all(parts.map((part) => inThread(part, violated)));
  const sum = (of: (one: Found) => number) => found.reduce((total, one) => total + of(one), 0);
  return {
    seeds: sum((one) => one.seeds),
    violations: sum((one) => one.violations),
    decisions: sum((one) => one.decisions),
  };
}

function inThread(part: Seeds, violated: (violation: Violation) => void): Promise<Found> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: part });
    worker.on('message', (told: { violation: Violation } | { found: Found }) => {
      if ('violation' in told) violated(told.violation);
      else resolve(told.found);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a thread of the simulation ended with ${code}`)));
  });
}
