import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign, compactVerify, importJWK, type JWK } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rotate } from './key-ring.ts';
import { ensureKeys, freshKey } from './keys.ts';
import { publicOf, withKeys, writeRings } from './rings.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'cellbook-edge-keys-'));
});
afterEach(() => rm(home, { recursive: true }));

test('keys are made once and kept', async () => {
  const first = await ensureKeys(home);
  expect(await ensureKeys(home)).toEqual(first);
  const kids = [first.principal, first.pins, ...first.credentials].map(({ kid }) => kid);
  expect(new Set(kids).size).toBe(3);
});

test('nobody but their owner reads them, and nothing is left half written', async () => {
  await ensureKeys(home);
  const directory = join(home, 'keys', 'edge');
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  const names = (await readdir(directory)).sort();
  const forCells = ['pins.public.json', 'principal.jwks.json'];
  const own = ['audit.json', 'credentials.json', 'pins.json', 'principal.json', 'rings.json'];
  expect(names).toEqual([...own, ...forCells].sort());
  for (const name of own) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
});

test('what cells are given verifies principals and cannot sign them', async () => {
  const { principal, publicKeysPath, pinPublicKeyPath } = await ensureKeys(home);
  expect(await readFile(pinPublicKeyPath, 'utf8')).not.toContain('"d"');
  const { keys } = JSON.parse(await readFile(publicKeysPath, 'utf8')) as { keys: JWK[] };
  expect(keys).toEqual([publicOf(principal)]);
  expect(keys[0]).not.toHaveProperty('d');
  const signed = await new CompactSign(new TextEncoder().encode('x'))
    .setProtectedHeader({ alg: 'EdDSA' })
    .sign(await importJWK(principal, 'EdDSA'));
  const verified = await compactVerify(signed, await importJWK(keys[0] ?? {}, 'EdDSA'));
  expect(new TextDecoder().decode(verified.payload)).toBe('x');
});

test('a key that is being replaced is verified with before it signs, and after', async () => {
  const before = await ensureKeys(home);
  const added = rotate('principal', before.rings.principal, 0, await freshKey('principal'));
  if (!('ring' in added)) throw new Error(added.did);
  await writeRings(join(home, 'keys', 'edge'), { ...before.rings, principal: added.ring });
  const during = await ensureKeys(home);
  expect(during.principal).toEqual(before.principal);
  expect(JSON.parse(await readFile(during.publicKeysPath, 'utf8'))).toEqual({
    keys: added.ring.map(({ jwk }) => publicOf(jwk)),
  });
  const promoted = rotate('principal', added.ring, 3_600_000, await freshKey('principal'));
  if (!('ring' in promoted)) throw new Error(promoted.did);
  await writeRings(join(home, 'keys', 'edge'), { ...before.rings, principal: promoted.ring });
  const after = await ensureKeys(home);
  expect(after.principal.kid).not.toBe(before.principal.kid);
  const { keys } = JSON.parse(await readFile(after.publicKeysPath, 'utf8')) as { keys: JWK[] };
  expect(keys.map(({ kid }) => kid)).toEqual([after.principal.kid, before.principal.kid]);
});

test('the edge’s variables take up new keys, and the others stay as they are', async () => {
  const { rings, principal } = await ensureKeys(home);
  const text = withKeys("CELLBOOK_REGIONS='[1]'\nCELLBOOK_PRINCIPAL_KEY='{}'\n", rings);
  expect(text).toBe(`CELLBOOK_REGIONS='[1]'\nCELLBOOK_PRINCIPAL_KEY='${JSON.stringify(principal)}'\n`);
});
