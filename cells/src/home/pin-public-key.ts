import { readFile } from 'node:fs/promises';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { z } from 'zod';

const keySchema = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() });

/** The key that pin documents are verified with, from a JWK file. */
export async function readPinPublicKey(path: string): Promise<CryptoKey> {
  const jwk: JWK = keySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const key = await importJWK(jwk, 'EdDSA');
  if (key instanceof Uint8Array) throw new Error(`the key in ${path} is not a public key`);
  return key;
}
