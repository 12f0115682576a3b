/** One suite for every implementation of the directory. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1Directory } from './d1-directory.ts';
import type { Directory } from './directory.ts';
import { createMemoryDirectory } from './memory-directory.ts';

const dayMs = 86_400_000;
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
    expect(await directory.revocations(clock.nowMs())).toContain(session);
    expect(await directory.revocations(untilMs)).not.toContain(session);
  });
});
