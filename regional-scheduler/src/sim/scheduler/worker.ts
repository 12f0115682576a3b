/** A thread of simulateSeeds. */
import { parentPort, workerData } from 'node:worker_threads';
import { judgeSeed, type Seeds } from './seeds.ts';

const { from, seeds, mutation } = workerData as Seeds;
let violations = 0;
let decisions = 0;
for (let seed = from; seed < from + seeds; seed++) {
  const judged = judgeSeed(seed, mutation);
  decisions += judged.decisions;
  if (judged.broken === null) continue;
  violations++;
  parentPort?.postMessage({ violation: { seed, broken: judged.broken } });
}
parentPort?.postMessage({ found: { seeds, violations, decisions } });
