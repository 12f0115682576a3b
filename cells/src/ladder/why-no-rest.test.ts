import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import { type LastLife, whyNoRest } from './why-no-rest.ts';

const dayMs = 86_400_000;
const nowMs = 1_000 * dayMs;
const before: LastLife = {
  ...{ phase: 'suspended', lastRung: 'cold', problem: null },
  ...{ tier: 'free', lastActiveAtMs: nowMs - dayMs },
};

test('one that has not run before has lost nothing', () => {
  expect(whyNoRest({ ...before, lastRung: null }, true, nowMs).cause).toBe('first_start');
});

test('one whose sandbox was lost says of what', () => {
  const problem = 'The sandbox used more memory than its limit of 512 MiB and was stopped.';
  expect(whyNoRest({ ...before, problem }, true, nowMs)).toEqual({ cause: 'sandbox_lost', why: problem });
  const long = whyNoRest({ ...before, problem: 'x'.repeat(5_000) }, true, nowMs);
  expect(long.why).toHaveLength(limits.ladder.whyCharsMax);
});

test('what went wrong with an attempt is not why its memory is gone', () => {
  const failed = { ...before, phase: 'failed', problem: 'the host is full' } as const;
  expect(whyNoRest(failed, true, nowMs).cause).toBe('not_kept');
});

test('away longer than its tier keeps memory, counted from its last use, it is too late', () => {
  const { free } = limits.ladder.imageMsByTier;
  const away = (ms: number) => whyNoRest({ ...before, lastActiveAtMs: nowMs - ms }, true, nowMs);
  expect(away(free)).toMatchObject({ cause: 'not_kept' });
  expect(away(free + limits.ladder.liveMsByTier.free)).toMatchObject({ cause: 'expired' });
  expect(away(free + dayMs).why).toContain('3 days');
  const paid = whyNoRest({ ...before, tier: 'paid', lastActiveAtMs: nowMs - free - dayMs }, true, nowMs);
  expect(paid.cause).toBe('not_kept');
});

test('a host that keeps no memory is said to', () => {
  expect(whyNoRest(before, false, nowMs).cause).toBe('unsupported');
});
