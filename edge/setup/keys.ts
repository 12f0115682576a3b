/**
 * The edge's keys for one machine, made once and kept under `<home>/keys/edge/`, readable by their owner
 * alone; rings.json is the truth of those that are replaced in turn (key-ring.ts). For cells: `principal.jwks.json`, which they verify principals with, and `pins.public.json` for pins.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemRandom } from '@cellbook/shared/random.ts';
import { base64url, exportJWK, generateKeyPair, type JWK } from 'jose';
import { type KeyUse, signingOf } from './key-ring.ts';
import { credentialKeys, publicKeys, type Rings, readRings, writeRings } from './rings.ts';

export interface EdgeKeys {
  credentials: JWK[];
  principal: JWK;
  pins: JWK;
  /** What pins are verified with, those of keys that do not sign yet or any more included. */
  pinPublicKeys: JWK[];
  rings: Rings;
  /** Signs the checkpoints of the edge's audit log. */
  audit: JWK;
  /** Path of the JWKS file for cells. */
  publicKeysPath: string;
  /** Path of the JWKS file that cells verify pins with. */
  pinPublicKeyPath: string;
}

export async function ensureKeys(home: string): Promise<EdgeKeys> {
  const directory = join(home, 'keys', 'edge');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const credentials = await ensure(join(directory, 'credentials.json'), async () => [await symmetricKey()]);
  const principal = await ensure(join(directory, 'principal.json'), () => signingKey('principal'));
  const pins = await ensure(join(directory, 'pins.json'), () => signingKey('pins'));
  const audit = await ensure(join(directory, 'audit.json'), () => signingKey('audit'));
  const rings = await readRings(directory, { credentials, principal: [principal], pins: [pins] });
  await writeRings(directory, rings);
  return {
    credentials: credentialKeys(rings),
    principal: signingOf(rings.principal),
    pins: signingOf(rings.pins),
    pinPublicKeys: publicKeys(rings.pins),
    ...{ audit, rings },
    publicKeysPath: join(directory, 'principal.jwks.json'),
    pinPublicKeyPath: join(directory, 'pins.public.json'),
  };
}

/** A new key of this use, which nothing knows yet. */
export const freshKey = (use: KeyUse): Promise<JWK> =>
  use === 'credentials' ? symmetricKey() : signingKey(use);

/** What is in the file, or what is made now and kept there. */
export async function ensure<Key>(path: string, make: () => Promise<Key>): Promise<Key> {
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

export async function signingKey(use: string): Promise<JWK> {
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
