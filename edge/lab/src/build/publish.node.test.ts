import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publish } from './publish.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cellbook-publish-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function finished(name: string): Promise<string> {
  await mkdir(join(root, name));
  await writeFile(join(root, name, 'file'), name);
  return join(root, name);
}

test('the second of two equal builds is thrown away and the first one stays', async () => {
  const builds = [await finished('.building-1'), await finished('.building-2')];
  for (const one of builds) await publish(one, join(root, 'bundle'));
  expect(await readdir(root)).toEqual(['bundle']);
  expect(await readFile(join(root, 'bundle', 'file'), 'utf8')).toBe('.building-1');
});

test('two at the same moment leave one whole bundle', async () => {
  const builds = [await finished('.building-1'), await finished('.building-2')];
  await Promise.all(builds.map((one) => publish(one, join(root, 'bundle'))));
  expect(await readdir(root)).toEqual(['bundle']);
  expect(await readdir(join(root, 'bundle'))).toEqual(['file']);
});

test('a failure that is no race is not swallowed', async () => {
  await expect(publish(join(root, 'absent'), join(root, 'bundle'))).rejects.toThrow();
});
