/** One suite for every implementation of the directory. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { regionIdSchema, type UserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1Directory } from './d1-directory.ts';
import type { Directory } from './directory.ts';
import { createMemoryDirectory } from './memory-directory.ts';

const region = regionIdSchema.parse('local');
const dayMs = 86_400_000;
const random = systemRandom;

describe.each([
  ['memory', async () => createMemoryDirectory({ random })],
  [
    'D1',
    async (clock: ManualClock) => {
      await applyD1Migrations(env.DIRECTORY, env.MIGRATIONS);
      return createD1Directory({ db: env.DIRECTORY, clock, random });
    },
  ],
])('the directory on %s', (_, create) => {
  let clock: ManualClock;
  let directory: Directory;
  let userId: UserId;
  let address: string;

  beforeEach(async () => {
    clock = new ManualClock();
    directory = await create(clock);
    address = `${random.uuid()}@example.org`;
    userId = (await directory.findOrCreatePerson(address, 'Ada', region)).sub;
  });

  test('a person comes back by the same address, whatever its case, with the first name and organisation', async () => {
    const again = await directory.findOrCreatePerson(address.toUpperCase(), 'Someone else', region);
    expect(again).toMatchObject({ sub: userId, name: 'Ada', tier: 'free', region });
  });

  test('a hundred first sign-ins of one address at once make one person in one organisation', async () => {
    const other = `${random.uuid()}@example.org`;
    const people = await Promise.all(
      Array.from({ length: 100 }, () => directory.findOrCreatePerson(other, 'Eve', region)),
    );
    expect(new Set(people.map(({ sub, org }) => `${sub} ${org}`)).size).toBe(1);
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
