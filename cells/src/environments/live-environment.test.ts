import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { limits } from '@cellbook/shared/limits.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VolumeChunks } from '../storage/lazy/volume-chunks.ts';
import { environmentName } from './layout.ts';
import { layersPrefix } from './org-objects.ts';
import { createBed, installModule, installPackage, signal, site } from './testing/environment-bed.ts';

let bed: ReturnType<typeof createBed>;
beforeEach(() => {
  bed = createBed();
});
afterEach(() => bed.close());

type Host = Awaited<ReturnType<typeof bed.host>>;
const oneMs = Date.UTC(2026, 0, 1);
const otherMs = Date.UTC(2026, 5, 5);

async function begin(host: Host, orgId = bed.newOrg()) {
  const id = await bed.workspace(orgId);
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal());
  return { id, orgId, directory };
}

async function putAway(host: Host, id: Parameters<Host['volumes']['flush']>[0], epoch: number) {
  await host.volumes.flush(id, epoch, signal());
  await host.volumes.detach(id, epoch);
}

test('what is installed is there on another host, byte for byte where Python looks, and is none of the files', async () => {
  const host = await bed.host('eu-1-a');
  const { id, directory } = await begin(host);
  await installPackage(directory, 'alpha', '1.0', oneMs);
  await writeFile(join(directory, 'notes.txt'), 'mine');
  expect((await (await host.volumes.files(id)).list([])).map(({ name }) => name)).toEqual(['notes.txt']);
  await putAway(host, id, 1);
  await host.close();

  const elsewhere = await bed.host('eu-1-b');
  const { directory: home } = await elsewhere.volumes.attach(id, 2, signal());
  expect((await readdir(join(home, site))).sort()).toEqual(
    ['__pycache__', 'alpha-1.0.dist-info', 'alpha.py', 'alpha.so'].sort(),
  );
  expect(await readFile(join(home, site, 'alpha.py'), 'utf8')).toBe("VERSION = '1.0'\n");
  const source = await stat(join(home, site, 'alpha.py'));
  const head = await readFile(join(home, site, '__pycache__/alpha.cpython-311.pyc'));
  expect(head.readUInt32LE(8)).toBe(source.mtimeMs / 1_000);
  expect(head.readUInt32LE(12)).toBe(source.size);
  // What may be mapped into memory has the time it had.
  expect((await stat(join(home, site, 'alpha.so'))).mtimeMs).toBe(oneMs + 250);
  expect((await (await elsewhere.volumes.files(id)).list([])).map(({ name }) => name)).toEqual(['notes.txt']);
  const before = await bed.manifests.read(id);
  await elsewhere.volumes.flush(id, 2, signal());
  expect((await bed.manifests.read(id))?.version).toBe(before?.version);
});

test('two workspaces that install the same at different times share one layer; another organisation’s does not', async () => {
  const host = await bed.host('eu-1-a');
  const one = await begin(host);
  const other = await begin(host, one.orgId);
  const stranger = await begin(host);
  await installPackage(one.directory, 'alpha', '1.0', oneMs);
  await host.environments.flush(one.id, 1, signal());
  const before = await bed.keysOf(layersPrefix(one.orgId));
  for (const { directory } of [other, stranger]) await installPackage(directory, 'alpha', '1.0', otherMs);
  for (const { id } of [other, stranger]) await host.environments.flush(id, 1, signal());
  const [a, b, c] = await Promise.all(
    [one, other, stranger].map(async ({ id }) => (await bed.environments.read(id))?.layer),
  );
  expect(a?.root).toMatch(/^[0-9a-f]{64}$/);
  expect([b?.root, c?.root]).toEqual([a?.root, a?.root]);
  expect(b?.times).not.toBe(a?.times);
  // But for the times, which are its own.
  const isNew = (key: string) => !before.includes(key) && !key.endsWith(`/${b?.times}`);
  expect((await bed.keysOf(layersPrefix(one.orgId))).filter(isNew)).toEqual([]);
  expect(await bed.keysOf(layersPrefix(stranger.orgId))).not.toEqual([]);
  expect(a?.packages).toEqual([
    { name: 'alpha', version: '1.0', record: expect.stringMatching(/^[0-9a-f]{64}$/), url: null },
  ]);
});

test('an install that goes on is not stored; what has come to rest is, and so is what goes', async () => {
  const host = await bed.host('eu-1-a');
  const { id, directory } = await begin(host);
  for (const step of [1, 2, 3]) {
    await installModule(directory, `part${step}`, `${step}`, oneMs);
    await host.environments.look(id, 1);
    expect(await bed.environments.read(id)).toBeNull();
  }
  await host.environments.look(id, 1);
  const stored = await bed.environments.read(id);
  expect(stored?.layer.files).toBe(6);
  await rm(join(directory, site, 'part1.py'));
  await host.environments.look(id, 1);
  await host.environments.look(id, 1);
  expect((await bed.environments.read(id))?.layer.files).toBe(5);
  expect((await bed.environments.read(id))?.previous?.root).toBe(stored?.layer.root);
});

test('a source that was edited without its size is never read with what was compiled before', async () => {
  const host = await bed.host('eu-1-a');
  const { id, directory } = await begin(host);
  await installModule(directory, 'mod', 'x = 1', oneMs);
  await host.environments.flush(id, 1, signal());
  await writeFile(join(directory, site, 'mod.py'), 'x = 2');
  await putAway(host, id, 1);
  const { directory: home } = await host.volumes.attach(id, 2, signal());
  const head = await readFile(join(home, site, '__pycache__/mod.cpython-311.pyc'));
  expect(await readFile(join(home, site, 'mod.py'), 'utf8')).toBe('x = 2');
  expect(head.readUInt32LE(8)).not.toBe((await stat(join(home, site, 'mod.py'))).mtimeMs / 1_000);
});

test('what a workspace does to its copy changes nobody else’s', async () => {
  const host = await bed.host('eu-1-a');
  const one = await begin(host);
  await installPackage(one.directory, 'alpha', '1.0', oneMs);
  await putAway(host, one.id, 1);
  const { directory } = await host.volumes.attach(one.id, 2, signal());
  await writeFile(join(directory, site, 'alpha.so'), 'spoilt');
  await rm(join(directory, site, 'alpha.py'));
  await host.volumes.detach(one.id, 2);
  const { directory: again } = await host.volumes.attach(one.id, 3, signal());
  expect(await readFile(join(again, site, 'alpha.py'), 'utf8')).toBe("VERSION = '1.0'\n");
  expect((await stat(join(again, site, 'alpha.so'))).size).toBe(200_000);
});

test('a reset leaves the files alone, and what it took away can be brought back', async () => {
  const host = await bed.host('eu-1-a');
  const { id, directory } = await begin(host);
  await installPackage(directory, 'alpha', '1.0', oneMs);
  await writeFile(join(directory, 'notes.txt'), 'mine');
  await host.environments.flush(id, 1, signal());
  await host.volumes.resetEnvironment(id, 'empty', signal());
  expect(await readdir(directory)).toEqual(['notes.txt']);
  expect((await bed.environments.read(id))?.layer).toMatchObject({ root: null, packages: [], bytes: 0 });
  await putAway(host, id, 1);
  // While it is on no host.
  await host.volumes.resetEnvironment(id, 'previous', signal());
  const { directory: home } = await host.volumes.attach(id, 2, signal());
  expect(await readdir(join(home, site))).toContain('alpha.so');
  await host.volumes.resetEnvironment(id, 'previous', signal());
  expect(await readdir(home)).toEqual(['notes.txt']);
  await host.volumes.resetEnvironment(id, 'previous', signal());
  expect(await readdir(join(home, site))).toContain('alpha.so');
  expect(await readFile(join(home, 'notes.txt'), 'utf8')).toBe('mine');
});

test('an environment that is a link, or holds what cannot be kept, leads nowhere and stops nothing', async () => {
  const host = await bed.host('eu-1-a');
  const { id, directory } = await begin(host);
  const outside = join(host.hostDirectory, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'secret');
  await symlink(outside, join(directory, environmentName));
  await putAway(host, id, 1);
  expect(await bed.environments.read(id)).toBeNull();
  const { directory: home } = await host.volumes.attach(id, 2, signal());
  await mkdir(join(home, environmentName, 'lib'), { recursive: true });
  execFileSync('mkfifo', [join(home, environmentName, 'lib', 'fifo')]);
  await symlink(outside, join(home, environmentName, 'lib', 'out'));
  await writeFile(join(home, environmentName, 'lib', 'kept'), 'x');
  await putAway(host, id, 2);
  expect((await bed.environments.read(id))?.layer.files).toBe(1);
  const { directory: again } = await host.volumes.attach(id, 3, signal());
  expect((await readdir(join(again, environmentName, 'lib'))).sort()).toEqual(['kept', 'out']);
  await host.volumes.resetEnvironment(id, 'empty', signal());
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
});

test('over files that come as they are read, packages are attached, stored and reset as anywhere', async () => {
  const host = await bed.host('eu-1-a', undefined, { lazyAboveBytes: 1 });
  const id = await bed.workspace(bed.newOrg());
  await host.volumes.create(id);
  await (await host.volumes.files(id)).write(['notes.txt'], Buffer.from('mine'));
  const { directory } = await host.volumes.attach(id, 1, signal());
  expect(directory).toContain('/lazy/merged/');
  await installPackage(directory, 'alpha', '1.0', oneMs);
  await putAway(host, id, 1);
  const { directory: home } = await host.volumes.attach(id, 2, signal());
  expect((await stat(join(home, site, 'alpha.so'))).mtimeMs).toBe(oneMs + 250);
  const stored = await bed.environments.read(id);
  await host.environments.flush(id, 2, signal());
  expect(await bed.environments.read(id)).toEqual(stored);
  await host.volumes.resetEnvironment(id, 'empty', signal());
  expect(await readdir(home)).toEqual(['notes.txt']);
  await host.volumes.resetEnvironment(id, 'previous', signal());
  expect(await readdir(join(home, site))).toContain('alpha.so');
  await host.volumes.destroy(id);
});

test('files that were moved among the packages before their bytes have come are stored without being read', async () => {
  const host = await bed.host('eu-1-a', undefined, { lazyAboveBytes: 1 });
  const id = await bed.workspace(bed.newOrg());
  await host.volumes.create(id);
  const files = await host.volumes.files(id);
  await files.makeDirectory(['models']);
  const weights = Buffer.alloc(2_500_000, 'weights of a model ');
  await files.write(['models', 'weights.bin'], weights);
  await files.write(['models', 'small.txt'], Buffer.from('small'));
  const { directory } = await host.volumes.attach(id, 1, signal());
  await mkdir(join(directory, site), { recursive: true });
  // Another process's, as code in a sandbox does it: a directory moves without what is in it.
  await promisify(execFile)('mv', [join(directory, 'models'), join(directory, site, 'models')]);
  const reads = vi.spyOn(VolumeChunks.prototype, 'read');
  await host.environments.flush(id, 1, signal());
  expect(reads).not.toHaveBeenCalled();
  expect((await bed.environments.read(id))?.layer).toMatchObject({ files: 2, bytes: weights.length + 5 });
  await putAway(host, id, 1);
  const elsewhere = await bed.host('eu-1-b');
  const { directory: home } = await elsewhere.volumes.attach(id, 2, signal());
  expect(weights.equals(await readFile(join(home, site, 'models/weights.bin')))).toBe(true);
  expect(await readFile(join(home, site, 'models/small.txt'), 'utf8')).toBe('small');
});

test('packages that cannot be stored are told the first time, and no more when they are gone', async () => {
  const host = await bed.host('eu-1-a');
  const { id, directory } = await begin(host);
  const huge = join(directory, environmentName, 'huge.bin');
  await mkdir(join(directory, environmentName));
  await writeFile(huge, '');
  await truncate(huge, limits.storage.fileBytesMax + 1);
  await host.environments.flush(id, 1, signal());
  expect(await bed.environments.read(id)).toMatchObject({
    state: 'ready',
    problem: expect.stringContaining('a file of'),
    layer: { root: null },
  });
  await rm(huge);
  await host.environments.flush(id, 1, signal());
  expect(await bed.environments.read(id)).toMatchObject({ state: 'ready', problem: null });
});
