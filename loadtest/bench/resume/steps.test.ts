import { expect, test } from 'vitest';
import type { Entry } from './record.ts';
import { stepsOf, sumOf } from './steps.ts';

let id = 0;
const entry = (kind: Entry['kind'], step: string, atMs: number, durationMs: number | null = null): Entry => ({
  ...{ id: ++id, kind, step, atMs, durationMs },
});

const entries = [
  entry('outcome', 'detach_files', 90, 7),
  entry('phase', 'resume_begun', 110),
  entry('intent', 'attach_files', 110),
  entry('outcome', 'attach_files', 125, 15),
  entry('intent', 'start_sandbox', 130),
  entry('outcome', 'start_sandbox', 160, 30),
  entry('phase', 'sandbox_started', 170),
];
const moments = { calledAtMs: 100, takenAtMs: 163, printedAtMs: 166, arrivedAtMs: 171 };

test('every millisecond between the call and the result is somebody’s', () => {
  const steps = stepsOf(entries, moments);
  expect(steps).toEqual({
    ...{ call: 10, record: 5, attach_files: 15, start_sandbox: 30 },
    ...{ wake: 3, run: 3, answer: 5 },
  });
  expect(sumOf(steps)).toBe(71);
});

test('a step that took longer by its own stopwatch than the clock says makes the sum wrong, not the total', () => {
  const wrong = entries.map((each) => (each.durationMs === 15 ? { ...each, durationMs: 40 } : each));
  expect(sumOf(stepsOf(wrong, moments))).toBe(96);
});

test('a record without the beginning of the resume is refused', () => {
  expect(() => stepsOf(entries.slice(2), moments)).toThrow('no begin');
});
