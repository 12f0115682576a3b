/** For tests: an edge's key pair, and principals signed with it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';
import { newOrgId } from '@cellbook/shared/ids.ts';
import { type Principal, principalIssuer } from '@cellbook/shared/protocol/principal.ts';
import { type Fact, standingToldType, type Told } from '@cellbook/shared/protocol/standing-api.ts';
import { signStatement } from '@cellbook/shared/protocol/statements.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const testCellId = 'test-1';

export interface TestEdge {
  /** A JWKS file with its public key. */
  publicKeysFile: string;
  sign(claims?: Partial<Record<keyof Principal, unknown>>): Promise<string>;
  /** What the edge tells this cell of ended rights: all that there is, unless `told` says otherwise. */
  tell(facts: Fact[], told?: Partial<Told>): Promise<string>;
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
    tell: (facts, told = {}) => {
      const envelope = { from: 'edge', to: testCellId, iat: clock.nowMs() };
      const all = { after: 0, upTo: 1, more: false, facts };
      return signStatement(standingToldType, { ...all, ...told, ...envelope }, signing);
    },
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
