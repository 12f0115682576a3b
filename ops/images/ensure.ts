/**
 * Everything a sandbox is made of, made where it is missing: prints `{runscPath, imageDirectory}` as one line
 * of JSON, progress on standard error. As a command: `node ops/images/ensure.ts`.
 */
import { ensureImage } from './build.ts';
import { cacheDirectory, type Progress } from './cache.ts';
import { ensureRunsc } from './runsc.ts';

export interface SandboxParts {
  runscPath: string;
  imageDirectory: string;
}

export async function ensureSandboxParts(cache: string, progress: Progress): Promise<SandboxParts> {
  const options = { cacheDirectory: cache, progress };
  const [runsc, image] = await Promise.all([ensureRunsc(options), ensureImage(options)]);
  return { runscPath: runsc.path, imageDirectory: image.directory };
}

if (import.meta.main) {
  const parts = await ensureSandboxParts(cacheDirectory(), (line) => console.error(line));
  console.log(JSON.stringify(parts));
}
