/** A store for one machine's check of itself: files in a directory, no scheduler. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Objects } from '../objects/objects.ts';

export function localObjects(directory: string): Objects & { pathOf(key: string): string } {
  const pathOf = (key: string) => join(directory, key);
  return {
    pathOf,
    async upload(key, file) {
      await mkdir(dirname(pathOf(key)), { recursive: true });
      const bytes = await file.readFile();
      await writeFile(pathOf(key), bytes);
      return { bytes: bytes.length };
    },
    async download(key, path) {
      await copyFile(pathOf(key), path);
      return true;
    },
  };
}
