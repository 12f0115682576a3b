/**
 * Where the time of one resume went: pure. Its way in order, each stretch named for whoever holds it up:
 *
 *     call │ step 1 … step n, with `record` before and between them │ wake │ run │ answer
 *
 * `call` ends when the cell has decided to begin (edge, authorisation, wish, lease); the steps take as long as the
 * cell's stopwatch says; `record` is what lies between them, the cell's writes above all; `wake` is from the last
 * step's end until the kernel takes the cell up (a kernel's start belongs to it), `run` until it printed, `answer`
 * until that arrived. No stretch is shorter than nothing: where stopwatch, clocks and order of the four programs
 * disagree, the sum is longer than the whole, and the report says by how much.
 */
import type { Entry } from './record.ts';

export interface Moments {
  calledAtMs: number;
  takenAtMs: number;
  printedAtMs: number;
  arrivedAtMs: number;
}

export type Steps = Readonly<Record<string, number>>;

/** `entries`: what the cell wrote, in order; what is before `resume_begun` does not count. */
export function stepsOf(entries: readonly Entry[], moments: Moments): Steps {
  const from = entries.findIndex(({ step }) => step === 'resume_begun');
  const begun = entries[from];
  if (!begun) throw new Error('the record has no begin of the resume');
  const steps: Record<string, number> = {};
  const add = (name: string, ms: number) => {
    steps[name] = (steps[name] ?? 0) + Math.max(0, ms);
  };
  add('call', begun.atMs - moments.calledAtMs);
  let doneMs = begun.atMs;
  for (const { kind, step, atMs, durationMs } of entries.slice(from)) {
    if (kind !== 'outcome') continue;
    const tookMs = durationMs ?? 0;
    add('record', atMs - tookMs - doneMs);
    add(step, tookMs);
    doneMs = atMs;
  }
  add('wake', moments.takenAtMs - doneMs);
  add('run', moments.printedAtMs - moments.takenAtMs);
  add('answer', moments.arrivedAtMs - moments.printedAtMs);
  return steps;
}

export const sumOf = (steps: Steps): number => Object.values(steps).reduce((sum, ms) => sum + ms, 0);
