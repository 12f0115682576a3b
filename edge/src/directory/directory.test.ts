/** One suite for every implementation of the directory. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newApiKeyId, newUserId, regionIdSchema, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1Directory } from './d1-directory.ts';
import type { Directory, NewToken } from './directory.ts';
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

  const tokenOf = (change: Partial<NewToken> = {}): NewToken => ({
    id: newApiKeyId(random),
    userId,
    name: 'laptop',
    hash: random.uuid(),
    hint: 'abcd',
    createdAtMs: clock.nowMs(),
    expiresAtMs: clock.nowMs() + dayMs,
    ...change,
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

  test('tokens are listed newest first, without what they were made of', async () => {
    const [first, second] = [
      tokenOf({ name: 'first' }),
      tokenOf({ name: 'second', createdAtMs: clock.nowMs() + 1 }),
    ];
    await directory.createToken(first, clock.nowMs());
    await directory.createToken(second, clock.nowMs());
    const listed = await directory.listTokens(userId, clock.nowMs());
    expect(listed.map(({ name }) => name)).toEqual(['second', 'first']);
    expect(JSON.stringify(listed)).not.toContain(first.hash);
  });

  test('a second token of one id leaves the first as it was', async () => {
    const token = tokenOf();
    await directory.createToken(token, clock.nowMs());
    const row = await directory.createToken({ ...token, name: 'other', hash: random.uuid() }, clock.nowMs());
    expect(row.name).toBe('laptop');
    expect(await directory.listTokens(userId, clock.nowMs())).toHaveLength(1);
  });

  test('another’s token is neither listed nor revoked nor returned', async () => {
    const token = tokenOf();
    await directory.createToken(token, clock.nowMs());
    const stranger = newUserId(random);
    expect(await directory.listTokens(stranger, clock.nowMs())).toEqual([]);
    expect(await directory.revokeToken(stranger, token.id, clock.nowMs())).toBe(false);
    expect(await directory.revocations(clock.nowMs())).not.toContain(token.id);
  });

  test('a revoked token is gone from the list and among the revocations until it would have ended', async () => {
    const token = tokenOf();
    await directory.createToken(token, clock.nowMs());
    expect(await directory.revokeToken(userId, token.id, clock.nowMs())).toBe(true);
    expect(await directory.revokeToken(userId, token.id, clock.nowMs())).toBe(false);
    expect(await directory.listTokens(userId, clock.nowMs())).toEqual([]);
    expect(await directory.revocations(clock.nowMs())).toContain(token.id);
    expect(await directory.revocations(token.expiresAtMs)).not.toContain(token.id);
  });

  test('a revoked session is among the revocations until it would have ended; twice is harmless', async () => {
    const session = random.uuid();
    const untilMs = clock.nowMs() + dayMs;
    await directory.revokeSession(session, untilMs);
    await directory.revokeSession(session, untilMs);
    expect(await directory.revocations(clock.nowMs())).toContain(session);
    expect(await directory.revocations(untilMs)).not.toContain(session);
  });

  test('a user has so many tokens and no more, and one less after a revocation', async () => {
    const tokens = Array.from({ length: limits.edge.tokensPerUserMax }, () => tokenOf());
    for (const token of tokens) await directory.createToken(token, clock.nowMs());
    await expect(directory.createToken(tokenOf(), clock.nowMs())).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
    const [first] = tokens;
    if (first) await directory.revokeToken(userId, first.id, clock.nowMs());
    await expect(directory.createToken(tokenOf(), clock.nowMs())).resolves.toMatchObject({ name: 'laptop' });
  });

  test('revoking makes room for new tokens only so often: revocations are everyone’s', async () => {
    const makeAndRevoke = async () => {
      const token = tokenOf();
      await directory.createToken(token, clock.nowMs());
      await directory.revokeToken(userId, token.id, clock.nowMs());
    };
    for (let made = 0; made < limits.edge.tokensKeptPerUserMax; made += 25)
      await Promise.all(Array.from({ length: 25 }, makeAndRevoke));
    await expect(directory.createToken(tokenOf(), clock.nowMs())).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
  });

  test('an expired token is neither listed nor counted', async () => {
    await directory.createToken(tokenOf({ expiresAtMs: clock.nowMs() + 1_000 }), clock.nowMs());
    await clock.advance(1_000);
    expect(await directory.listTokens(userId, clock.nowMs())).toEqual([]);
  });
});
