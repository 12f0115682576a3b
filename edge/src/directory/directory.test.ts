/** One suite for every implementation of the directory. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newUserId, type UserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1Directory } from './d1-directory.ts';
import type { Directory } from './directory.ts';
import { createMemoryDirectory } from './memory-directory.ts';
import { cutAt, verdictOf } from './revoked.ts';

const dayMs = 86_400_000;
const many = 10_000;
/** Later than what other tests have left. */
const farMs = 8e15;
const random = systemRandom;

describe.each([
  ['memory', async () => createMemoryDirectory()],
  [
    'D1',
    async (clock: ManualClock) => {
      await applyD1Migrations(env.DIRECTORY, env.MIGRATIONS);
      return createD1Directory({ db: env.DIRECTORY, clock });
    },
  ],
])('the directory on %s', (_, create) => {
  let clock: ManualClock;
  let directory: Directory;

  beforeEach(async () => {
    clock = new ManualClock();
    directory = await create(clock);
  });

  test('a revoked session is among the revocations until it would have ended; twice is harmless', async () => {
    const session = random.uuid();
    const untilMs = clock.nowMs() + dayMs;
    await directory.revokeSession(session, untilMs);
    await directory.revokeSession(session, untilMs);
    expect((await directory.revocations(clock.nowMs(), many)).get(session)).toBe(untilMs);
    expect((await directory.revocations(untilMs, many)).has(session)).toBe(false);
  });

  test('where there are more than are held the longest to live are, with when the first missing one ends', async () => {
    const ids = [1, 2, 3].map((day) => [random.uuid(), farMs + day * dayMs] as const);
    for (const [id, untilMs] of ids) await directory.revokeSession(id, untilMs);
    const [first, second, third] = ids;
    expect([...(await directory.revocations(farMs, 2))]).toEqual([third, second, [cutAt, first?.[1]]]);
    expect([...(await directory.revocations(farMs, 3))]).toEqual([third, second, first]);
  });

  test('knows of each whether it is revoked: by its own id, or a session by a mark of its person', async () => {
    const credential = (via: 'session' | 'token', sub: UserId, exp: number, jti: string = random.uuid()) => ({
      ...{ via, sub, exp, jti },
    });
    const [ada, eve] = [newUserId(random), newUserId(random)];
    const endsMs = clock.nowMs() + dayMs;
    const key = credential('token', eve, endsMs / 1_000);
    await directory.revokeSession(key.jti, endsMs);
    await directory.revokeSession(ada, endsMs);
    const asked = [
      key,
      credential('session', ada, endsMs / 1_000),
      credential('session', ada, endsMs / 1_000 + 1),
      credential('token', ada, endsMs / 1_000),
      credential('session', eve, endsMs / 1_000),
    ];
    const held = await directory.revocations(clock.nowMs(), many);
    expect(await Promise.all(asked.map((one) => directory.isRevoked(one)))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(asked.map((one) => verdictOf(held, one) === 'revoked')).toEqual([true, true, false, false, false]);
  });
});
