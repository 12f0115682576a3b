/**
 * Public keys of the edge, from a JWKS file (or one of a single JWK). A key that is not known makes the file be
 * read again, at most every few seconds, so that keys are replaced by writing a file.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
} from 'jose';
import { z } from 'zod';

const jwkSchema = z.looseObject({ kty: z.string() });
const jwksSchema = z.union([
  z.object({ keys: z.array(jwkSchema).min(1) }),
  jwkSchema.transform((jwk) => ({ keys: [jwk] })),
]);

export type PublicKeys = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

export async function openPublicKeys(path: string, clock: Clock): Promise<PublicKeys> {
  const read = async () => createLocalJWKSet(jwksSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
  let keys = await read();
  let readAtMs = clock.monotonicMs();
  // Of many requests that come with a new key at once, one reads the file and all wait for what it says.
  const reading = new SingleFlight<string, void>();
  const readAgain = async () => {
    const next = await read();
    [keys, readAtMs] = [next, clock.monotonicMs()];
  };
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const isFresh = clock.monotonicMs() - readAtMs < limits.api.keysReloadMs;
      if (!isFresh) await reading.run(path, readAgain);
      return keys(header, token);
    }
  };
}
