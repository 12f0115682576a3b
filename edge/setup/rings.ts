/**
 * The rings of keys under `<home>/keys/edge/`. `rings.json` is the truth; the files that the edge's variables and
 * the cells are made from follow from it, and are written again at every start.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { z } from 'zod';
import { type KeyUse, type Ring, ringSchema, signingOf } from './key-ring.ts';

export type Rings = Record<KeyUse, Ring>;
const ringsSchema = z.object({ credentials: ringSchema, principal: ringSchema, pins: ringSchema });

/** A home of before there were rings has one key of each use, which signs. */
export async function readRings(directory: string, first: Record<KeyUse, readonly JWK[]>): Promise<Rings> {
  const text = await readFile(join(directory, 'rings.json'), 'utf8').catch(() => null);
  if (text !== null) return ringsSchema.parse(JSON.parse(text));
  const ringOf = (use: KeyUse): Ring =>
    first[use].map((jwk, at) => ({ jwk, stage: at === 0 ? 'signing' : 'old', sinceMs: 0 }));
  return { credentials: ringOf('credentials'), principal: ringOf('principal'), pins: ringOf('pins') };
}

export async function writeRings(directory: string, rings: Rings): Promise<void> {
  const write = (name: string, value: unknown, mode = 0o600) =>
    writeWhole(join(directory, name), value, mode);
  await write('rings.json', rings);
  await write('credentials.json', credentialKeys(rings));
  for (const use of ['principal', 'pins'] as const) await write(`${use}.json`, signingOf(rings[use]));
  await write('principal.jwks.json', { keys: publicKeys(rings.principal) }, 0o644);
  await write('pins.public.json', { keys: publicKeys(rings.pins) }, 0o644);
}

export const credentialKeys = ({ credentials }: Rings): JWK[] => credentials.map(({ jwk }) => jwk);
export const publicKeys = (ring: Ring): JWK[] => ring.map(({ jwk }) => publicOf(jwk));

export function publicOf({ kty, crv, kid, x, alg }: JWK): JWK {
  return {
    ...(kty && { kty }),
    ...(crv && { crv }),
    ...(kid && { kid }),
    ...(x && { x }),
    ...(alg && { alg }),
  };
}

/** The variables that hold keys, in a file of variables; the others stay as they are. */
export function withKeys(envText: string, rings: Rings): string {
  const values: Record<string, unknown> = {
    CELLBOOK_CREDENTIAL_KEYS: credentialKeys(rings),
    CELLBOOK_PRINCIPAL_KEY: signingOf(rings.principal),
    CELLBOOK_PIN_PUBLIC_KEY: publicKeys(rings.pins),
  };
  return envText
    .split('\n')
    .map((line) => {
      const [name = ''] = line.split('=', 1);
      return name in values ? `${name}='${JSON.stringify(values[name])}'` : line;
    })
    .join('\n');
}

/** Whole or not at all: half a key would stop every later start, and a second one would end every session. */
async function writeWhole(path: string, value: unknown, mode: number): Promise<void> {
  await writeFile(`${path}.${process.pid}`, JSON.stringify(value), { mode });
  await rename(`${path}.${process.pid}`, path);
}
