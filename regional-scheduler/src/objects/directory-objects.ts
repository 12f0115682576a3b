/** Whole objects as files: renamed into place when they are whole and fsynced, and the folder fsynced after. */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { agentObjectKeySchema } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { WholeObjects } from './whole-objects.ts';

export function createDirectoryObjects(root: string): WholeObjects {
  const pathOf = (key: string) => join(root, agentObjectKeySchema.parse(key));
  const size = async (key: string) => (await orMissing(stat(pathOf(key))))?.size ?? null;
  return {
    size,
    async read(key, range) {
      if ((await size(key)) === null) return null;
      return createReadStream(pathOf(key), range ? { start: range.first, end: range.last } : {});
    },
    async keep(key, path) {
      const target = pathOf(key);
      await makeDurable(dirname(target));
      await rename(path, target);
      await syncFolder(dirname(target));
    },
    async remove(key) {
      await rm(pathOf(key), { force: true });
    },
    async list(prefix) {
      const found = await orMissing(readdir(join(root, prefix), { recursive: true, withFileTypes: true }));
      const files = (found ?? []).filter((entry) => entry.isFile());
      return files.map(({ parentPath, name }) => relative(root, join(parentPath, name)));
    },
  };
}

/** A folder and every missing one above it, each on record in its own parent before going on. */
export async function makeDurable(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function orMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
