/**
 * The edge's keys for one machine, made once and kept under `<home>/keys/edge/`, readable by their owner
 * alone. For cells: `principal.jwks.json`, which they verify principals with, and `pins.public.json` for pins.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemRandom } from '@cellbook/shared/random.ts';
import { base64url, exportJWK, generateKeyPair, type JWK } from 'jose';

export interface EdgeKeys {
  credentials: JWK[];
  principal: JWK;
  pins: JWK;
  /** Path of the JWKS file for cells. */
  publicKeysPath: string;
  /** Path of the JWK that cells verify pins with. */
  pinPublicKeyPath: string;
}

export async function ensureKeys(home: string): Promise<EdgeKeys> {
  const directory = join(home, 'keys', 'edge');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const credentials = await ensure(join(directory, 'credentials.json'), async () => [await symmetricKey()]);
  const principal = await ensure(join(directory, 'principal.json'), () => signingKey('principal'));
  const pins = await ensure(join(directory, 'pins.json'), () => signingKey('pins'));
  const publicKeysPath = join(directory, 'principal.jwks.json');
  await writeFile(publicKeysPath, JSON.stringify({ keys: [publicOf(principal)] }));
  const pinPublicKeyPath = join(directory, 'pins.public.json');
  await writeFile(pinPublicKeyPath, JSON.stringify(publicOf(pins)));
  return { credentials, principal, pins, publicKeysPath, pinPublicKeyPath };
}

export function publicOf({ kty, crv, kid, x, alg }: JWK): JWK {
  return {
    ...(kty && { kty }),
    ...(crv && { crv }),
    ...(kid && { kid }),
    ...(x && { x }),
    ...(alg && { alg }),
  };
}

async function ensure<Key>(path: string, make: () => Promise<Key>): Promise<Key> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Key;
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
  }
  const key = await make();
  // Whole or not at all: half a key would stop every later start, and a second one would end every session.
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, JSON.stringify(key), { mode: 0o600 });
  await rename(partial, path);
  return key;
}

async function signingKey(use: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'EdDSA', kid: `${use}-${systemRandom.uuid().slice(0, 8)}` };
}

async function symmetricKey(): Promise<JWK> {
  return {
    kty: 'oct',
    k: base64url.encode(systemRandom.bytes(32)),
    kid: `edge-${systemRandom.uuid().slice(0, 8)}`,
  };
}
