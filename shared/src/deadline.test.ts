import { expect, test, vi } from 'vitest';
import { ManualClock } from './clock.ts';
import { withDeadline } from './deadline.ts';

const details = { code: 'resume_timeout', doing: 'resuming workspace ws-1' } as const;

test('gives the result and leaves no timer behind', async () => {
  const clock = new ManualClock();
  await expect(withDeadline(clock, 10, details, async () => 'done')).resolves.toBe('done');
  expect(clock.nextDueMs()).toBeNull();
});

test('fails with its typed error when time is up, even if the work never looks at its signal', async () => {
  const clock = new ManualClock();
  let seen: AbortSignal | undefined;
  const outcome = withDeadline(clock, 10, details, (signal) => {
    seen = signal;
    return new Promise(() => {});
  });
  outcome.catch(() => {});
  await clock.advance(10);
  await expect(outcome).rejects.toMatchObject({ code: 'resume_timeout' });
  expect(seen?.aborted).toBe(true);
});

test('passes on the abort of its caller', async () => {
  const controller = new AbortController();
  const outcome = withDeadline(
    new ManualClock(),
    10,
    details,
    () => new Promise(() => {}),
    controller.signal,
  );
  controller.abort(new Error('client went away'));
  await expect(outcome).rejects.toThrow('client went away');
});

test('leaves no listener on a caller that lives longer than the work', async () => {
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  await withDeadline(new ManualClock(), 10, details, async () => 'done', signal);
  expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
    add.mock.calls.map(([, listener]) => listener),
  );
});
