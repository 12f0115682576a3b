import { expect, test } from 'vitest';
import { ManualClock } from './clock.ts';
import { seededRandom } from './random.ts';
import { type RetryPolicy, retry, retryDelayMs } from './retry.ts';

const policy: RetryPolicy = { attemptsMax: 4, baseDelayMs: 100, maxDelayMs: 300 };

async function run(work: (attempt: number) => Promise<string>, signal?: AbortSignal) {
  const clock = new ManualClock();
  const tools = { clock, random: seededRandom(1), ...(signal ? { signal } : {}) };
  const outcome = retry(work, policy, (error) => (error as Error).message !== 'final', tools);
  outcome.catch(() => {});
  for (let step = 0; step < 20; step++) await clock.advance(300);
  return outcome;
}

test('delays are jittered below a doubling ceiling that itself is capped', () => {
  const random = seededRandom(9);
  for (let attempt = 1; attempt < 60; attempt++) {
    const delayMs = retryDelayMs(attempt, policy, random);
    expect(delayMs).toBeGreaterThanOrEqual(0);
    expect(delayMs).toBeLessThan(Math.min(300, 100 * 2 ** (attempt - 1)) + 1);
  }
});

test('goes on until the work succeeds', async () => {
  const result = run(async (attempt) => {
    if (attempt < 3) throw new Error('not yet');
    return `attempt ${attempt}`;
  });
  await expect(result).resolves.toBe('attempt 3');
});

test('gives the last error when attempts run out, after exactly that many', async () => {
  let calls = 0;
  const result = run(async () => {
    calls++;
    throw new Error('down');
  });
  await expect(result).rejects.toThrow('down');
  expect(calls).toBe(policy.attemptsMax);
});

test('does not repeat what is not retryable', async () => {
  let calls = 0;
  const result = run(async () => {
    calls++;
    throw new Error('final');
  });
  await expect(result).rejects.toThrow('final');
  expect(calls).toBe(1);
});

test('never starts under an aborted signal', async () => {
  const result = run(async () => expect.unreachable(), AbortSignal.abort(new Error('stopped')));
  await expect(result).rejects.toThrow('stopped');
});
