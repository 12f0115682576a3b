import { createLocalJWKSet, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { principalIssuer } from '../protocol/principal.ts';
import { type StandingDocument, signStanding, verifyStanding } from './standing.ts';

const nowMs = 1_800_000_000_000;
const document: StandingDocument = {
  ...{ after: 3, upTo: 5, more: false },
  facts: [{ kind: 'revoked', subject: 'key-1', ms: nowMs + 1 }],
};
let ours: JWK;
let theirs: JWK;
let keys: ReturnType<typeof createLocalJWKSet>;
beforeAll(async () => {
  [ours, theirs] = [await keyOf('edge'), await keyOf('edge')];
  const { d: _secret, ...jwk } = ours;
  keys = createLocalJWKSet({ keys: [jwk] });
});

async function keyOf(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'EdDSA' };
}

describe('a document of standing', () => {
  test('is read as it was signed', async () => {
    expect(await verifyStanding(await signStanding(document, ours, nowMs), keys, nowMs)).toEqual(document);
  });

  test('is refused where somebody else signed it, after its time, and where it was changed', async () => {
    const good = await signStanding(document, ours, nowMs);
    const late = nowMs + limits.edge.principalTtlMs + (limits.api.principalSkewSeconds + 1) * 1_000;
    await expect(verifyStanding(await signStanding(document, theirs, nowMs), keys, nowMs)).rejects.toThrow();
    await expect(verifyStanding(good, keys, late)).rejects.toThrow();
    const [head, , signature] = good.split('.');
    const other = (await signStanding({ ...document, facts: [] }, ours, nowMs)).split('.')[1];
    await expect(verifyStanding(`${head}.${other}.${signature}`, keys, nowMs)).rejects.toThrow();
  });

  test('is no principal, and a principal is none', async () => {
    const iat = nowMs / 1_000;
    const principal = await new SignJWT({
      ...document,
      iss: principalIssuer,
      aud: 'eu-1',
      iat,
      exp: iat + 60,
    })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'edge' })
      .sign(await importJWK(ours, 'EdDSA'));
    await expect(verifyStanding(principal, keys, nowMs)).rejects.toThrow();
  });
});
