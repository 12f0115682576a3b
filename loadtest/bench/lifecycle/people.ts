/** Users of the cell without an edge: principals signed with the platform's own key, anew before they end. */
import { readFile } from 'node:fs/promises';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { principalHeader, principalIssuer } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import type { BenchPlatform } from '../platform/start.ts';

export interface Person {
  /** His own, of one person. */
  org: string;
  headers(): Promise<Record<string, string>>;
}

const keySchema = z.looseObject({ kty: z.string(), crv: z.string(), kid: z.string().optional() });
const lifeSeconds = 60;
const reuseSeconds = 40;

export async function people(platform: BenchPlatform, count: number): Promise<Person[]> {
  const jwk: JWK = keySchema.parse(JSON.parse(await readFile(platform.principalKeyPath, 'utf8')));
  const key = await importJWK(jwk, 'EdDSA');
  const sign = (sub: string, org: string, now: number) =>
    new SignJWT({ org, name: 'Benchmark', tier: 'enterprise', role: 'member', via: 'token', pin: 1 })
      .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid ?? 'edge' })
      .setIssuer(principalIssuer)
      .setSubject(sub)
      .setAudience(platform.cellId)
      .setIssuedAt(now)
      .setExpirationTime(now + lifeSeconds)
      .sign(key);
  return Array.from({ length: count }, () => {
    const [sub, org] = [newUserId(systemRandom), newOrgId(systemRandom)];
    let [token, signedAt] = ['', 0];
    return {
      org,
      async headers() {
        const now = Math.floor(Date.now() / 1_000);
        if (now - signedAt > reuseSeconds) [token, signedAt] = [await sign(sub, org, now), now];
        return { [principalHeader]: token };
      },
    };
  });
}
