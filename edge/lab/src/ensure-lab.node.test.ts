import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { cacheDirectory } from './cache-directory.ts';
import { disabledPlugins } from './disabled-plugins.ts';
import { ensureLab, type LabBundle } from './ensure-lab.ts';

let lab: LabBundle;
let publicFiles: { path: string; bytes: number }[];

beforeAll(async () => {
  lab = await ensureLab({ cacheDirectory: cacheDirectory(process.env) });
  const publicDirectory = join(lab.directory, 'public');
  const entries = await readdir(publicDirectory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  publicFiles = await Promise.all(
    paths.map(async (path) => ({ path: path.slice(publicDirectory.length), bytes: (await stat(path)).size })),
  );
}, 240_000);

const readJson = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(join(lab.directory, file), 'utf8'));

test('a second call builds nothing', async () => {
  const lines: string[] = [];
  const again = await ensureLab({
    cacheDirectory: cacheDirectory(process.env),
    progress: (line) => lines.push(line),
  });
  expect(again).toEqual(lab);
  expect(lines).toEqual([`JupyterLab ${lab.version} is built`]);
});

test('every asset is below the 25 MiB that the edge serves', () => {
  for (const file of publicFiles) expect(file.bytes, file.path).toBeLessThan(25 * 1024 * 1024);
});

test('every file that a browser keeps for ever carries its content in its name or lies under the version', () => {
  for (const { path } of publicFiles) {
    if (path === '/_headers') continue;
    expect(path).toMatch(new RegExp(`^/static/lab/${lab.version}/`));
    if (/\/(lab\.json|themes\/@jupyterlab\/[^/]+\/index\.css)$/.test(path)) continue;
    expect(path).toMatch(/[0-9a-f]{12}\.[a-z0-9]+$/);
  }
});

test('the first page is less than 1.5 MB compressed and names files that are there', async () => {
  const schema = z.object({ version: z.string(), scripts: z.array(z.string()), styles: z.array(z.string()) });
  const assets = schema.parse(await readJson('lab.json'));
  expect(assets.version).toBe(lab.version);
  const named = [...assets.scripts, ...assets.styles];
  expect(publicFiles.map((file) => file.path)).toEqual(expect.arrayContaining(named));
  const contents = await Promise.all(named.map((path) => readFile(join(lab.directory, 'public', path))));
  const compressedBytes = contents.reduce((sum, content) => sum + gzipSync(content).byteLength, 0);
  expect(compressedBytes).toBeLessThan(1_500_000);
  // One style sheet: split, its rules would come in another order than JupyterLab wrote them.
  expect(assets.styles).toHaveLength(1);
});

test('one React, one Yjs and one of each Lumino package are bundled', async () => {
  const schema = z.array(z.object({ name: z.string(), versionInfo: z.string(), licenseId: z.string() }));
  const licenses = schema.parse(await readJson('data/licenses.json'));
  const names = licenses.map((one) => one.name);
  const alone = names.filter((name) => /^(react|react-dom|yjs|@lumino\/.*|@jupyterlab\/.*)$/.test(name));
  expect(alone).toEqual(expect.arrayContaining(['react', 'yjs', '@lumino/widgets', '@jupyterlab/notebook']));
  expect(alone).toEqual([...new Set(alone)]);
});

test('what is left out brings no settings, and what is turned off is there to be turned off', async () => {
  const schemas = z.array(z.object({ id: z.string() })).parse(await readJson('data/schemas.json'));
  const ids = schemas.map((one) => one.id);
  expect(ids).toContain('@jupyterlab/apputils-extension:themes');
  expect(ids.filter((id) => /hub-extension|extensionmanager|pluginmanager|lsp-extension/.test(id))).toEqual(
    [],
  );
  const scripts = publicFiles.filter((file) => file.path.endsWith('.js'));
  const texts = await Promise.all(
    scripts.map((file) => readFile(join(lab.directory, 'public', file.path), 'utf8')),
  );
  for (const id of disabledPlugins)
    expect(
      texts.some((text) => text.includes(id)),
      id,
    ).toBe(true);
});
