import { expect, test } from 'vitest';
import { allSteps } from '../steps/all-steps.ts';
import { crashCases, stepCasesWanted, stepPositions } from './cases.ts';
import { plannedTransitions } from './transitions.ts';

test('the matrix has a row for each position of each step of each transition of the planner, and no other', () => {
  const rows = crashCases().filter(({ kind }) => kind === 'step');
  const wanted = plannedTransitions().flatMap(({ action, steps }) =>
    steps.flatMap((step) => stepPositions.map((position) => `lifecycle.${action}.${step}.${position}`)),
  );
  expect(rows.map(({ failpoints }) => failpoints.at(-1)).sort()).toEqual([...wanted].sort());
  expect(rows).toHaveLength(stepCasesWanted());
});

test('every step there is belongs to a transition, and no two rows are the same', () => {
  const planned = new Set(plannedTransitions().flatMap(({ steps }) => steps));
  expect([...planned].sort()).toEqual(Object.keys(allSteps).sort());
  const names = crashCases().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
