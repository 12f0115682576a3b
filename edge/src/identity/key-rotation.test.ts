import { expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

const key = (kid: string) => ({ kty: 'oct', kid, k: kid.padEnd(43, 'x') });
const worldOf = (...kids: string[]) =>
  createWorld({ CELLBOOK_CREDENTIAL_KEYS: JSON.stringify(kids.map(key)) });
const status = async (world: World, headers: Record<string, string>) => {
  const answer = await world.fetch(`${main}/v1/me`, { headers });
  await answer.body?.cancel();
  return answer.status;
};

test('sessions and keys of the old credential key count at every step of a rotation, until it is retired', async () => {
  const before = await worldOf('old');
  const cookie = await before.signIn(`${crypto.randomUUID()}@example.org`);
  const token = await before.token(cookie);
  const held: Record<string, string>[] = [{ cookie }, { authorization: `token ${token}` }];
  // Each world is an edge deployed with other variables over the same stores, as a rotation does it.
  for (const kids of [
    ['old', 'next'],
    ['next', 'old'],
  ]) {
    const during = await worldOf(...kids);
    for (const headers of held) expect(await status(during, headers), kids.join()).toBe(200);
    const made = await during.signIn(`${crypto.randomUUID()}@example.org`);
    for (const other of [await worldOf('old', 'next'), await worldOf('next', 'old')])
      expect(await status(other, { cookie: made }), kids.join()).toBe(200);
  }
  const after = await worldOf('next');
  for (const headers of held) expect(await status(after, headers)).toBe(401);
});

test('health says which keys this edge signs with, so that old ones are not retired too early', async () => {
  const world = await worldOf('next', 'old');
  const health = await (await world.fetch(`${main}/healthz`)).json();
  expect(health).toMatchObject({ signsWith: { credentials: 'next', principal: world.keys.principal.kid } });
});
