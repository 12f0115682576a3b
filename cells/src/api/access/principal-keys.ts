/**
 * The public keys of the edge, from a JWKS file. A key that is not known makes the file be read again, at
 * most every few seconds, so that keys are rotated by writing a file.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

export async function openPrincipalKeys(path: string, clock: Clock): Promise<JWTVerifyGetKey> {
  const read = async () => createLocalJWKSet(jwksSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
  let keys = await read();
  let readAtMs = clock.monotonicMs();
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      const isFresh = clock.monotonicMs() - readAtMs < limits.api.keysReloadMs;
      if (!(error instanceof errors.JWKSNoMatchingKey) || isFresh) throw error;
      readAtMs = clock.monotonicMs();
      keys = await read();
      return keys(header, token);
    }
  };
}
