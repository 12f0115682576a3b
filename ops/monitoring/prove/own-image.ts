/**
 * An image and a cache of a platform's own, which it may spoil: what is large in them is that of this machine's
 * cache, by links and a mount; what a scan says of the image, how it is described and what pools make of it is its own.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BuiltImage } from '../../images/build.ts';
import { cacheDirectory } from '../../images/cache.ts';

export function ownImage(directory: string, { directory: built, digest }: BuiltImage): BuiltImage {
  mkdirSync(directory);
  copyFileSync(join(built, 'image.json'), join(directory, 'image.json'));
  const rootfs = join(directory, 'rootfs');
  mkdirSync(rootfs);
  // Of a link gVisor starts nothing. It is unmounted with the home (e2e/remove-home.ts).
  execFileSync('mount', ['-o', 'bind,ro', join(built, 'rootfs'), rootfs]);
  return { directory, digest };
}

/** Gives the directory. */
export function ownCache(directory: string): string {
  mkdirSync(directory);
  for (const name of readdirSync(cacheDirectory()))
    if (!name.startsWith('golden')) symlinkSync(join(cacheDirectory(), name), join(directory, name));
  return directory;
}
