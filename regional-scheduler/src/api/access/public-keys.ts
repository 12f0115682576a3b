/**
 * The keys that the edge signs principals with, from a file that is replaced while they are. One that is not known is
 * looked for in the file once more, at most every few seconds, and once for all who ask.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

const jwkSchema = z.looseObject({ kty: z.string() });
const jwksSchema = z.union([
  z.object({ keys: z.array(jwkSchema).min(1) }),
  jwkSchema.transform((jwk) => ({ keys: [jwk] })),
]);

export async function openPublicKeys(path: string, clock: Clock): Promise<JWTVerifyGetKey> {
  const read = async () => createLocalJWKSet(jwksSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
  const reading = new SingleFlight<string, void>();
  let keys = await read();
  let readAtMs = clock.monotonicMs();
  const readAgain = async () => {
    keys = await read();
    readAtMs = clock.monotonicMs();
  };
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (clock.monotonicMs() - readAtMs >= limits.api.keysReloadMs) await reading.run(path, readAgain);
      return keys(header, token);
    }
  };
}
