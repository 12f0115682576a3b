/**
 * The master keys of secrets: a JWK set of 256-bit keys in a file outside the database. The first wraps, all
 * unwrap. The file is a few hundred bytes and is read each time a secret is written or a sandbox starts, so
 * that a key added to it counts at once, in every cell, without a restart.
 */
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { base64url } from 'jose';
import { z } from 'zod';

export interface MasterKey {
  id: string;
  key: Uint8Array;
}

export interface MasterKeys {
  wrapping: MasterKey;
  byId: ReadonlyMap<string, MasterKey>;
}

const keyBytes = 32;

const jwkSchema = z.object({
  kty: z.literal('oct'),
  kid: z.string().min(1).max(100),
  alg: z.literal('A256GCMKW'),
  k: z.string().refine((text) => decode(text)?.length === keyBytes, 'a master key has 256 bits'),
});
const jwkSetSchema = z.object({ keys: z.array(jwkSchema).min(1).max(20) });
type JwkSet = z.infer<typeof jwkSetSchema>;

/** Throws `not_configured`, which says how to make the file and never what is in it. */
export async function readMasterKeys(file: string): Promise<MasterKeys> {
  const { keys } = await readSet(file);
  const all = keys.map(({ kid, k }) => ({ id: kid, key: base64url.decode(k) }));
  const [wrapping] = all;
  if (!wrapping) throw unusable(file, 'it holds no key');
  return { wrapping, byId: new Map(all.map((key) => [key.id, key])) };
}

/** Makes the file with a first key; one that is there is kept. */
export async function makeMasterKeys(file: string, random: Random): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = await writeDraft(file, { keys: [newKey(random)] }, random);
  try {
    // A link, unlike a rename, never replaces what another starter has just made.
    await link(draft, file);
  } catch (error) {
    if (!isExisting(error)) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readMasterKeys(file)).wrapping.id;
}

/** Puts a new key first: from now on it wraps, and what the older ones wrapped can still be read. */
export async function addMasterKey(file: string, random: Random): Promise<string> {
  const key = newKey(random);
  const { keys } = await readSet(file);
  await rename(await writeDraft(file, { keys: [key, ...keys] }, random), file);
  return key.kid;
}

/** Keeps the first key alone, once nothing is wrapped by the others any more. */
export async function dropOldMasterKeys(file: string, random: Random): Promise<string[]> {
  const { keys } = await readSet(file);
  await rename(await writeDraft(file, { keys: keys.slice(0, 1) }, random), file);
  return keys.slice(1).map(({ kid }) => kid);
}

function newKey(random: Random): JwkSet['keys'][number] {
  const k = base64url.encode(random.bytes(keyBytes));
  return { kty: 'oct', kid: hex(random, 8), alg: 'A256GCMKW', k };
}

const hex = (random: Random, bytes: number): string => Buffer.from(random.bytes(bytes)).toString('hex');

async function writeDraft(file: string, set: JwkSet, random: Random): Promise<string> {
  const draft = `${file}.${process.pid}.${hex(random, 4)}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(set, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return draft;
}

async function readSet(file: string): Promise<JwkSet> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unusable(file, 'it cannot be read', cause);
  });
  const set = jwkSetSchema.safeParse(parseJson(text));
  // Neither the text nor a parser's message about it: both may hold a key.
  if (!set.success) throw unusable(file, 'it is not a JWK set of 256-bit keys for A256GCMKW');
  return set.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function decode(text: string): Uint8Array | null {
  try {
    return base64url.decode(text);
  } catch {
    return null;
  }
}

const isExisting = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';

const unusable = (file: string, problem: string, cause?: unknown): CellbookError =>
  new CellbookError('not_configured', {
    doing: `reading the master keys of secrets from ${file}`,
    problem,
    next: 'Make the file with `npm run secrets -- init <file>`, or put a copy of it back.',
    cause,
  });
