import { ManualClock } from '@cellbook/shared/clock.ts';
import { expect, test } from 'vitest';
import { type Poll, waitForKey } from './device-login.ts';

const times = { expires_in: 600, interval: 5 };
const pending = { error: 'authorization_pending' };

/** Answers in turn; notes at which second each question came. */
function platform(answers: Awaited<ReturnType<Poll>>[]) {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const asked: number[] = [];
  const poll: Poll = async () => {
    asked.push((clock.monotonicMs() - startMs) / 1_000);
    return answers.length > 0 ? (answers.shift() ?? null) : pending;
  };
  return { clock, asked, poll };
}

async function run({ clock, poll }: ReturnType<typeof platform>): Promise<string> {
  let done = false;
  const key = waitForKey(poll, clock, times).finally(() => {
    done = true;
  });
  key.catch(() => undefined);
  while (!done) await clock.advance(1_000);
  return key;
}

test('it asks at the interval until the key is there', async () => {
  const at = platform([pending, pending, { access_token: 'the key' }]);
  expect(await run(at)).toBe('the key');
  expect(at.asked).toEqual([5, 10, 15]);
});

test('told to slow down, or told nothing, it asks five seconds less often from then on', async () => {
  const at = platform([{ error: 'slow_down' }, null, pending, { access_token: 'the key' }]);
  expect(await run(at)).toBe('the key');
  expect(at.asked).toEqual([5, 15, 30, 45]);
});

test.each([
  ['access_denied', 'forbidden'],
  ['expired_token', 'sign_in_expired'],
  ['invalid_grant', 'bad_request'],
])('%s ends it', async (error, code) => {
  const at = platform([pending, { error }]);
  await expect(run(at)).rejects.toMatchObject({ code });
  expect(at.asked).toEqual([5, 10]);
});

test('it ends by itself when its time is over', async () => {
  const at = platform([]);
  await expect(run(at)).rejects.toMatchObject({ code: 'sign_in_expired' });
  expect(at.asked.at(-1)).toBe(600);
});
