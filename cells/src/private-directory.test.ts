import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePrivateDirectory } from './private-directory.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cellbook-private-'));
});
afterEach(() => rm(root, { recursive: true }));

test('is for its owner alone, also where it was there before and open', async () => {
  const [made, open] = [join(root, 'a/made'), join(root, 'open')];
  await mkdir(open, { mode: 0o755 });
  for (const path of [made, open, made]) {
    await makePrivateDirectory(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  }
});
