import { writeFile } from 'node:fs/promises';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testCellId } from '../../testing/test-edge.ts';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';

const clock = new ManualClock();
let api: ApiServer;
beforeAll(async () => {
  await clock.advance(1_800_000_000_000);
  api = await startApiServer({ clock });
});
afterAll(() => api?.stop());

const sub = newUserId(systemRandom);
let serial = 0;

async function keyOf(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } satisfies JWK };
}
type Key = Awaited<ReturnType<typeof keyOf>>;

/** A principal that no other test has shown, so that it is really verified. */
async function statusOf(key: Key): Promise<number> {
  const iat = Math.floor(clock.nowMs() / 1_000);
  const claims = {
    sub,
    org: 'org-00000000000000000000',
    name: `Ada ${serial++}`,
    tier: 'free',
    via: 'token',
    pin: 1,
  };
  const principal = await new SignJWT({
    ...claims,
    iss: 'cellbook-edge',
    aud: testCellId,
    iat,
    exp: iat + 60,
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid })
    .sign(key.privateKey);
  const answer = await fetch(`${api.url}/v1/usage`, { headers: { [principalHeader]: principal } });
  await answer.arrayBuffer();
  return answer.status;
}
const publish = (...keys: Key[]) =>
  writeFile(api.edge.publicKeysFile, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));

it('a running cell takes principals of the old key and the new one through a whole rotation, and none is refused', async () => {
  const [old, next, stranger] = [await keyOf('old'), await keyOf('next'), await keyOf('stranger')];
  await publish(old);
  await clock.advance(limits.api.keysReloadMs);
  expect(await statusOf(old)).toBe(200);

  // Known before it signs: from here on, whatever was read lately, both are taken.
  await publish(old, next);
  expect(await statusOf(old)).toBe(200);
  await clock.advance(limits.api.keysReloadMs);
  const during = await Promise.all([old, next, old, next, next].map(statusOf));
  expect(during).toEqual([200, 200, 200, 200, 200]);
  expect(await statusOf(stranger)).toBe(401);

  // Promoted: the order in the file changes nothing for who verifies.
  await publish(next, old);
  await clock.advance(limits.api.keysReloadMs);
  expect(await Promise.all([next, old].map(statusOf))).toEqual([200, 200]);

  // Retired: the cell forgets it at the next key that it does not know, and takes the new one all along.
  await publish(next);
  await clock.advance(limits.api.keysReloadMs);
  expect(await statusOf(stranger)).toBe(401);
  expect(await Promise.all([next, old, next].map(statusOf))).toEqual([200, 401, 200]);
});
