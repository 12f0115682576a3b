/**
 * Objects as files under one directory. The last part of a key is sharded by its first two characters
 * (`chunks/ab12…` lies in `chunks/ab/ab12…`), because a flat folder of a million files is slow everywhere.
 *
 * A put is durable when it resolves: the bytes go to a temporary file that is fsynced, renamed into place,
 * and the folder (and each folder made on the way) is fsynced. A reader sees the whole object or none.
 */
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { checkObjectKey, volumeIdOfKey } from './object-key.ts';
import type { ObjectStore } from './object-store.ts';

/** Where objects are written before they are whole (sweep-incoming.ts). */
export const temporaryFolder = '.incoming';

export function createDirectoryObjectStore(root: string, random: Random, failpoint?: Failpoint): ObjectStore {
  const pathOf = (key: string) => join(root, ...shardedParts(checkObjectKey(key)));
  return {
    async put(key, bytes, signal) {
      signal?.throwIfAborted();
      const path = pathOf(key);
      const temporary = join(root, temporaryFolder, random.uuid());
      await makeDurableDirectory(dirname(temporary));
      await makeDurableDirectory(dirname(path));
      try {
        await writeDurably(temporary, bytes);
        await failpoint?.('objects.put.written', volumeIdOfKey(key));
        await rename(temporary, path);
      } catch (error) {
        await unlink(temporary).catch(() => {});
        throw error;
      }
      await syncDirectory(dirname(path));
    },
    get: (key, signal) => orNull(readFile(pathOf(key), signal ? { signal } : {})),
    async has(key) {
      return (await orNull(stat(pathOf(key)))) !== null;
    },
    async delete(key) {
      await orNull(unlink(pathOf(key)));
    },
    list: (prefix, signal) => listKeys(root, prefix, signal),
  };
}

function shardedParts(key: string): string[] {
  const parts = key.split('/');
  const last = parts.pop() ?? '';
  return [...parts, `${last.slice(0, 2)}.d`, last];
}

async function* listKeys(root: string, prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
  const slash = prefix.lastIndexOf('/');
  yield* walk(root, slash < 0 ? '' : prefix.slice(0, slash), prefix, signal);
}

/** Yields keys below `folder` in order; shards are transparent, and hold only files. */
async function* walk(
  root: string,
  folder: string,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  signal?.throwIfAborted();
  const found = await orNull(readdir(join(root, folder)));
  const keys: string[] = [];
  const folders: string[] = [];
  for (const name of found ?? []) {
    if (name === temporaryFolder) continue;
    if (name.endsWith('.d')) keys.push(...((await orNull(readdir(join(root, folder, name)))) ?? []));
    else folders.push(name);
  }
  const join1 = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  const ordered = [
    ...keys.map((name) => ({ key: join1(name), deeper: false })),
    ...folders.map((name) => ({ key: `${join1(name)}/`, deeper: true })),
  ].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, deeper } of ordered) {
    if (deeper) {
      if (key.startsWith(prefix) || prefix.startsWith(key))
        yield* walk(root, key.slice(0, -1), prefix, signal);
    } else if (key.startsWith(prefix)) yield key;
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a directory and every missing parent, each recorded in its own parent before going on. */
async function makeDurableDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
