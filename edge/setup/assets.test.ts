import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assembleAssets } from './assets.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-edge-assets-'));
});
afterEach(() => rm(directory, { recursive: true }));

const target = () => join(directory, 'assets');
const consoleFile = (name: string) => join(target(), 'static', 'console', name);
const labVersions = async () => (await readdir(join(target(), 'static', 'lab'))).sort();

async function buildLab(version: string): Promise<string> {
  const files = join(directory, 'builds', version, 'public', 'static', 'lab', version, 'deep');
  await mkdir(files, { recursive: true });
  await writeFile(join(files, 'main.js'), version);
  return join(directory, 'builds', version);
}

test('the console is there whole, without what is not for browsers, and what left it leaves here', async () => {
  await mkdir(join(target(), 'static', 'console'), { recursive: true });
  await writeFile(consoleFile('old.js'), 'gone');
  await assembleAssets(undefined, target());
  const names = await readdir(join(target(), 'static', 'console'));
  expect(names).toEqual(expect.arrayContaining(['index.html', 'main.js', 'console.css', 'favicon.svg']));
  expect(names).not.toContain('old.js');
  expect(names.filter((name) => !/\.(html|css|js|svg)$/.test(name))).toEqual([]);
});

test('doing it again writes no file anew, so that an edge that runs does not reload', async () => {
  await assembleAssets(undefined, target());
  const before = await stat(consoleFile('main.js'), { bigint: true });
  await assembleAssets(undefined, target());
  expect((await stat(consoleFile('main.js'), { bigint: true })).mtimeNs).toBe(before.mtimeNs);
});

test('a build of the lab is added whole, and the builds before it stay for open tabs, but not for ever', async () => {
  for (const version of ['1', '2', '3']) await assembleAssets(await buildLab(version), target());
  expect(await labVersions()).toEqual(['1', '2', '3']);
  expect(await readFile(join(target(), 'static', 'lab', '2', 'deep', 'main.js'), 'utf8')).toBe('2');
  await assembleAssets(await buildLab('4'), target());
  expect(await labVersions()).toEqual(['2', '3', '4']);
  expect((await readdir(directory)).sort()).toEqual(['assets', 'builds']);
});
