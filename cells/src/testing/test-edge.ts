/** For tests: an edge's key pair, and principals signed with it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import { newOrgId } from '@cellbook/shared/ids.ts';
import { type Principal, principalIssuer } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { type Fact, type StandingDocument, signStanding } from '@cellbook/shared/standing/standing.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const testCellId = 'test-1';

export interface TestEdge {
  /** A JWKS file with its public key. */
  publicKeysFile: string;
  sign(claims?: Partial<Record<keyof Principal, unknown>>): Promise<string>;
  /** A document of standing, of all that there is unless told otherwise. */
  tell(facts: Fact[], document?: Partial<StandingDocument>): Promise<string>;
}

export async function createTestEdge(directory: string, clock: Clock = systemClock): Promise<TestEdge> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const publicKeysFile = join(directory, 'edge-keys.json');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' };
  await writeFile(publicKeysFile, JSON.stringify({ keys: [jwk] }));
  const org = newOrgId(systemRandom);
  const signing = { ...(await exportJWK(privateKey)), kid: 'test' };
  return {
    publicKeysFile,
    tell: (facts, document = {}) =>
      signStanding({ after: 0, upTo: 1, more: false, facts, ...document }, signing, clock.nowMs()),
    sign(claims = {}) {
      const iat = Math.floor(clock.nowMs() / 1000);
      const usual = {
        iss: principalIssuer,
        aud: testCellId,
        org,
        name: 'Ada',
        tier: 'free',
        via: 'token',
        pin: 1,
      };
      const payload: Record<string, unknown> = { ...usual, iat, exp: iat + 60, ...claims };
      return new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid: 'test' }).sign(privateKey);
    },
  };
}
