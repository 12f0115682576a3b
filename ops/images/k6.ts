/**
 * Gets k6, the load generator, into the cache: built from the pinned module with the machine's Go.
 * Where there is none it says so and fails: a load test that did not run is no passed one. As a command:
 * `node ops/images/k6.ts` prints `{path, version}`.
 */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, type Progress, withLock } from './cache.ts';
import { runCommand, succeeds } from './command.ts';
import { findGo, goInstall } from './go.ts';

const k6Module = 'go.k6.io/k6';
const k6Version = 'v1.8.1';

export interface K6 {
  path: string;
  version: string;
}

export async function ensureK6(cache: string, progress: Progress): Promise<K6> {
  const directory = join(cache, 'k6', k6Version);
  const path = join(directory, 'k6');
  if (!(await succeeds([path, 'version']))) {
    await withLock(`${directory}.lock`, progress, async () => {
      if (!(await succeeds([path, 'version']))) await build(directory, progress);
    });
  }
  return { path, version: (await runCommand([path, 'version'], { deadlineMs: 20_000 })).trim() };
}

/** It has its name only when it is whole. */
async function build(directory: string, progress: Progress): Promise<void> {
  const go = await findGo();
  if (go === null) throw noGo();
  progress(`building k6 ${k6Version} with Go (two minutes)`);
  await mkdir(directory, { recursive: true });
  const draft = await mkdtemp(join(directory, 'draft-'));
  try {
    await goInstall(go, `${k6Module}@${k6Version}`, { directory: draft, linkerFlags: '-s -w' });
    await rename(join(draft, 'k6'), join(directory, 'k6'));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const noGo = (): Error =>
  new Error(
    'no k6: it is built with Go, and Go is neither on the path nor in /usr/local/go\nInstall Go (https://go.dev/doc/install) and try again.',
  );

if (import.meta.main) {
  const k6 = await ensureK6(cacheDirectory(), (line) => console.error(line));
  console.log(JSON.stringify(k6));
}
