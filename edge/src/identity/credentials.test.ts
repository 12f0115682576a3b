import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import { base64url, SignJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Credentials, createCredentials } from './credentials.ts';
import { type Claims, credentialKinds } from './identity.ts';

const random = seededRandom(1);
const keyOf = (kid: string) => ({ kty: 'oct', kid, k: base64url.encode(random.bytes(32)) });
const [oldKey, newKey, strangeKey] = [keyOf('old'), keyOf('new'), keyOf('strange')];

let clock: ManualClock;
let credentials: Credentials;
let claims: Claims;

beforeEach(() => {
  clock = new ManualClock();
  credentials = createCredentials({ clock, keys: [newKey, oldKey] });
  const iat = clock.nowMs() / 1_000;
  claims = {
    sub: newUserId(random),
    org: newOrgId(random),
    name: 'Ada',
    tier: 'free',
    region: regionIdSchema.parse('local'),
    role: 'member',
    scopes: null,
    jti: 'session-1',
    iat,
    exp: iat + 60,
  };
});

const unauthenticated = { code: 'unauthenticated', status: 401 };

test('what is minted is verified, with every claim', async () => {
  for (const kind of credentialKinds) {
    const identity = await credentials.verify(kind, await credentials.mint(kind, claims));
    expect(identity).toEqual({ ...claims, via: kind });
  }
});

test('one kind never passes for another', async () => {
  for (const kind of credentialKinds) {
    const credential = await credentials.mint(kind, claims);
    for (const other of credentialKinds) {
      if (other !== kind)
        await expect(credentials.verify(other, credential)).rejects.toMatchObject(unauthenticated);
    }
  }
});

test('it ends when it says, even after it has been verified before', async () => {
  const credential = await credentials.mint('token', claims);
  await credentials.verify('token', credential);
  await clock.advance(60_000);
  await expect(credentials.verify('token', credential)).rejects.toMatchObject({
    code: 'token_expired',
    status: 401,
  });
});

describe('keys', () => {
  test('an older key still verifies, and the first signs', async () => {
    const older = createCredentials({ clock, keys: [oldKey] });
    await expect(credentials.verify('session', await older.mint('session', claims))).resolves.toMatchObject({
      jti: 'session-1',
    });
    const minted = await credentials.mint('session', claims);
    await expect(older.verify('session', minted)).rejects.toMatchObject(unauthenticated);
  });

  test('a key that is gone no longer verifies', async () => {
    const stranger = createCredentials({ clock, keys: [strangeKey] });
    await expect(credentials.verify('session', await stranger.mint('session', claims))).rejects.toMatchObject(
      unauthenticated,
    );
  });

  test('a key by the right name with other bytes does not verify', async () => {
    const forger = createCredentials({ clock, keys: [{ ...strangeKey, kid: 'new' }] });
    await expect(credentials.verify('session', await forger.mint('session', claims))).rejects.toMatchObject(
      unauthenticated,
    );
  });
});

describe('tampering', () => {
  test('a change of any character is refused', async () => {
    const credential = await credentials.mint('token', claims);
    // The last character's low bits do not belong to the signature.
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: credential.length - 2 }), async (at) => {
        const changed = credential[at] === 'A' ? 'B' : 'A';
        const tampered = credential.slice(0, at) + changed + credential.slice(at + 1);
        await expect(credentials.verify('token', tampered)).rejects.toMatchObject(unauthenticated);
      }),
    );
  });

  test('any other text is refused as such, never as an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()),
        async (text) => {
          await expect(credentials.verify('token', text)).rejects.toMatchObject(unauthenticated);
        },
      ),
    );
    await expect(credentials.verify('token', 'x'.repeat(1_000_000))).rejects.toMatchObject(unauthenticated);
  });

  test('without a signature, or with the key used for another algorithm, it is refused', async () => {
    const [, payload] = (await credentials.mint('token', claims)).split('.');
    const none = `${base64url.encode(JSON.stringify({ alg: 'none', kid: 'new' }))}.${payload}.`;
    await expect(credentials.verify('token', none)).rejects.toMatchObject(unauthenticated);
    const hs512 = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS512', kid: 'new' })
      .setIssuer('cellbook-edge')
      .setAudience('cellbook-token')
      .sign(base64url.decode(newKey.k));
    await expect(credentials.verify('token', hs512)).rejects.toMatchObject(unauthenticated);
  });

  test('well signed but with claims that are not ours, it is refused', async () => {
    const strange = await new SignJWT({ ...claims, sub: 'root' })
      .setProtectedHeader({ alg: 'HS256', kid: 'new' })
      .setIssuer('cellbook-edge')
      .setAudience('cellbook-token')
      .sign(base64url.decode(newKey.k));
    await expect(credentials.verify('token', strange)).rejects.toMatchObject(unauthenticated);
  });
});
