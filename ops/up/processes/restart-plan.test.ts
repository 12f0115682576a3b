import { expect, it } from 'vitest';
import { planRestart, restarts } from './restart-plan.ts';

const ends = (count: number) => Array.from({ length: count }, () => 0);

it('starts again at once, then after pauses that double up to a limit, and gives up at last', () => {
  const plans = Array.from({ length: 9 }, (_, index) => planRestart(ends(index + 1), 0));
  const pauses = plans.map((plan) => (plan.kind === 'restart' ? plan.afterMs : plan.kind));
  expect(pauses).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 'give_up', 'give_up']);
});

it('forgives what is longer ago than the window', () => {
  const old = ends(restarts.endsMax);
  expect(planRestart([...old, restarts.windowMs], restarts.windowMs)).toEqual({
    kind: 'restart',
    afterMs: 0,
  });
});
