/** Whatever is cut short, lost or damaged: an environment is one that was stored, whole, or is made anew and told. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@cellbook/shared/log.ts';
import { afterEach, expect, test } from 'vitest';
import { createMemoryObjectStore } from '../storage/objects/memory-object-store.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import { environmentName } from './layout.ts';
import { layersPrefix } from './org-objects.ts';
import { sweepDue, sweepLayers } from './sweep-layers.ts';
import { createBed, installPackage, signal, site } from './testing/environment-bed.ts';

const atMs = Date.UTC(2026, 0, 1);
let bed: ReturnType<typeof createBed>;
afterEach(() => bed.close());

/** A store whose process dies at the n-th write: nothing is written from then on. */
function dyingStore(inner: ObjectStore) {
  let left = Number.POSITIVE_INFINITY;
  const store: ObjectStore = {
    ...inner,
    async put(key, bytes) {
      if (left-- <= 0) throw new Error('the process died here');
      return inner.put(key, bytes);
    },
  };
  return { store, dieAfter: (writes: number) => (left = writes) };
}

test('a capture that dies at any of its writes leaves the layer that was there, whole', async () => {
  const dying = dyingStore(createMemoryObjectStore());
  bed = createBed({ objects: dying.store });
  const host = await bed.host('eu-1-a');
  const id = await bed.workspace(bed.newOrg());
  await host.volumes.create(id);
  let epoch = 1;
  let { directory } = await host.volumes.attach(id, epoch, signal());
  await installPackage(directory, 'alpha', '1.0', atMs);
  await host.volumes.flush(id, epoch, signal());
  let died = 0;
  for (let writes = 0; ; writes++) {
    const stored = await bed.environments.read(id);
    await installPackage(directory, 'beta', `2.${writes}`, atMs);
    dying.dieAfter(writes);
    const outcome = await host.environments.flush(id, epoch, signal()).then(
      () => 'stored',
      () => 'died',
    );
    dying.dieAfter(Number.POSITIVE_INFINITY);
    if (outcome === 'stored') break;
    died++;
    expect(await bed.environments.read(id)).toEqual(stored);
    // The host is lost with what was on it.
    await host.volumes.detach(id, epoch);
    ({ directory } = await host.volumes.attach(id, ++epoch, signal()));
    expect((await readdir(join(directory, site))).filter((name) => name.endsWith('.py'))).toEqual([
      'alpha.py',
    ]);
    expect(await readFile(join(directory, site, 'alpha.py'), 'utf8')).toBe("VERSION = '1.0'\n");
  }
  expect(died).toBeGreaterThan(5);
  expect((await bed.environments.read(id))?.layer.packages.map(({ name }) => name)).toEqual([
    'alpha',
    'beta',
  ]);
});

test('a row that moves under a newer owner is refused to the older one', async () => {
  bed = createBed();
  const host = await bed.host('eu-1-a');
  const id = await bed.workspace(bed.newOrg());
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal());
  await installPackage(directory, 'alpha', '1.0', atMs);
  await bed.manifests.claim(id, 2, (await bed.manifests.read(id))?.attachedHost ?? expect.unreachable());
  await expect(host.environments.flush(id, 1, signal())).rejects.toMatchObject({ code: 'stale_epoch' });
  expect(await bed.environments.read(id)).toBeNull();
});

test('a host that was lost takes along what was not at rest, and nothing that was stored', async () => {
  bed = createBed();
  const host = await bed.host('eu-1-a');
  const id = await bed.workspace(bed.newOrg());
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal());
  await installPackage(directory, 'alpha', '1.0', atMs);
  for (const _ of [1, 2]) await host.environments.look(id, 1);
  const stored = await bed.environments.read(id);
  await installPackage(directory, 'beta', '1.0', atMs);
  await rm(directory, { recursive: true });
  // What is missing with its whole directory is nobody's uninstall.
  for (const _ of [1, 2, 3]) await host.environments.look(id, 1);
  await host.environments.flush(id, 1, signal());
  expect(await bed.environments.read(id)).toEqual(stored);
  const elsewhere = await bed.host('eu-1-b');
  const { directory: home } = await elsewhere.volumes.attach(id, 2, signal());
  expect((await readdir(join(home, site))).filter((name) => name.endsWith('.py'))).toEqual(['alpha.py']);
});

test('whoever takes a live directory over after a crash finds what is stored, and stores what is not', async () => {
  bed = createBed();
  const host = await bed.host('eu-1-a');
  const id = await bed.workspace(bed.newOrg());
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal());
  await installPackage(directory, 'alpha', '1.0', atMs);
  await host.environments.flush(id, 1, signal());
  const stored = await bed.environments.read(id);
  const successor = await bed.host('eu-1-a');
  const adopt = () => successor.environments.adopt(id, { directory, isWhole: async () => true });
  adopt();
  for (const _ of [1, 2]) await successor.environments.look(id, 1);
  expect(await bed.environments.read(id)).toEqual(stored);
  await installPackage(directory, 'beta', '1.0', atMs);
  adopt();
  await successor.environments.flush(id, 1, signal());
  const names = (await bed.environments.read(id))?.layer.packages.map(({ name }) => name);
  expect(names).toEqual(['alpha', 'beta']);
  // All of it was uninstalled while nobody looked: that is what is stored then.
  await rm(join(directory, environmentName), { recursive: true });
  adopt();
  await successor.environments.flush(id, 1, signal());
  expect((await bed.environments.read(id))?.layer).toMatchObject({ root: null, packages: [] });
});

test('each object of a layer that is missing or damaged is found out: nothing half is attached, and the state says so', async () => {
  bed = createBed();
  const orgId = bed.newOrg();
  const host = await bed.host('eu-1-a');
  const id = await bed.workspace(orgId);
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal());
  await installPackage(directory, 'alpha', '1.0', atMs);
  await host.volumes.flush(id, 1, signal());
  await host.volumes.detach(id, 1);
  let epoch = 1;
  const times = (await bed.environments.read(id))?.layer.times ?? expect.unreachable();
  const keys = (await bed.keysOf(layersPrefix(orgId))).filter((key) => !key.endsWith(times));
  expect(keys.length).toBeGreaterThan(4);
  for (const [index, key] of keys.entries()) {
    const bytes = (await bed.objects.get(key)) ?? expect.unreachable();
    if (index % 2 === 0) await bed.objects.delete(key);
    else await bed.objects.put(key, Buffer.concat([bytes, Buffer.from('x')]));
    const fresh = await bed.host('eu-1-b');
    const { directory: home } = await fresh.volumes.attach(id, ++epoch, signal());
    expect(await readdir(home), key).toEqual([]);
    expect(await bed.environments.read(id)).toMatchObject({ state: 'damaged', problem: expect.any(String) });
    expect(await readdir(fresh.cacheDirectory, { recursive: true })).toHaveLength(1); // the run's own folder
    // An empty place is not stored over what was there: its lockfile is needed.
    await fresh.volumes.flush(id, epoch, signal());
    expect((await bed.environments.read(id))?.layer.packages).toHaveLength(1);
    if (index === keys.length - 1) {
      await installPackage(home, 'alpha', '1.0', atMs);
      await fresh.volumes.flush(id, epoch, signal());
      expect(await bed.environments.read(id)).toMatchObject({ state: 'ready', problem: null });
    } else {
      await bed.objects.put(key, bytes);
      await bed.environments.setState(id, 'ready', null);
    }
    await fresh.volumes.detach(id, epoch);
  }
  // What was stored anew is whole again, though it was there under the same names.
  const last = await bed.host('eu-1-c');
  const { directory: home } = await last.volumes.attach(id, ++epoch, signal());
  expect(await readdir(join(home, site))).toContain('alpha.so');
});

test('a layer without the times of its own is attached all the same, and they are stored again', async () => {
  bed = createBed();
  const orgId = bed.newOrg();
  const host = await bed.host('eu-1-a');
  const id = await bed.workspace(orgId);
  await host.volumes.create(id);
  const { directory } = await host.volumes.attach(id, 1, signal());
  await installPackage(directory, 'alpha', '1.0', atMs);
  await host.volumes.flush(id, 1, signal());
  await host.volumes.detach(id, 1);
  const before = await bed.environments.read(id);
  await bed.objects.delete(`${layersPrefix(orgId)}chunks/${before?.layer.times}`);
  const { directory: home } = await host.volumes.attach(id, 2, signal());
  expect(await readdir(join(home, site))).toContain('alpha.so');
  await host.volumes.flush(id, 2, signal());
  const after = await bed.environments.read(id);
  expect(after).toMatchObject({ state: 'ready', layer: { root: before?.layer.root } });
  expect(after?.layer.times).not.toBe(before?.layer.times);
});

test('a sweep removes what nobody refers to, once it is due, and keeps what was before as well', async () => {
  bed = createBed();
  const orgId = bed.newOrg();
  const host = await bed.host('eu-1-a');
  const [one, other] = [await bed.workspace(orgId), await bed.workspace(orgId)];
  const parts = { ...bed, log: silentLogger };
  const homes = new Map<string, string>();
  for (const id of [one, other]) {
    await host.volumes.create(id);
    const { directory } = await host.volumes.attach(id, 1, signal());
    homes.set(id, directory);
    await installPackage(directory, 'alpha', '1.0', atMs);
    await host.environments.flush(id, 1, signal());
  }
  const home = homes.get(one) ?? '';
  const count = async () => (await bed.keysOf(layersPrefix(orgId))).length;
  const all = await count();
  expect(await sweepLayers(parts, orgId, signal())).toBe(0);
  for (const name of ['beta', 'gamma', 'delta']) {
    await rm(join(home, environmentName), { recursive: true });
    await installPackage(home, name, '1.0', atMs);
    await host.environments.flush(one, 1, signal());
  }
  const grown = await count();
  await sweepDue(parts, signal());
  expect(await count()).toBe(grown);
  bed.clock.advance(3_600_000);
  await bed.environments.beginCapture(orgId, 'under way', 60_000);
  await sweepDue(parts, signal());
  expect(await count()).toBe(grown);
  await bed.environments.endCapture('under way');
  await sweepDue(parts, signal());
  // alpha is the other workspace's, delta and gamma are now and before; beta is nobody's.
  const swept = await count();
  expect(swept).toBeLessThan(grown);
  expect(swept).toBeGreaterThan(all);
  for (const id of [one, other]) {
    await host.volumes.flush(id, 1, signal());
    await host.volumes.detach(id, 1);
  }
  const fresh = await bed.host('eu-1-b');
  const sources = async (id: typeof one, epoch: number) => {
    const { directory } = await fresh.volumes.attach(id, epoch, signal());
    return (await readdir(join(directory, site))).filter((name) => name.endsWith('.py'));
  };
  expect(await sources(one, 2)).toEqual(['delta.py']);
  expect(await sources(other, 2)).toEqual(['alpha.py']);
  await fresh.volumes.resetEnvironment(one, 'previous', signal());
  expect((await readdir(join(fresh.volumes.liveDirectory(one) ?? '', site))).sort()).toContain('gamma.py');
  for (const id of [one, other]) await fresh.volumes.destroy(id);
  bed.clock.advance(3_600_000);
  await sweepDue(parts, signal());
  expect(await count()).toBe(0);
  expect(await bed.environments.due(10)).toEqual([]);
});

test('a cache holds what fits, and forgets what was not used longest', async () => {
  bed = createBed();
  const orgId = bed.newOrg();
  const host = await bed.host('eu-1-a', 450_000);
  const ids = [];
  for (const name of ['alpha', 'beta', 'gamma']) {
    const id = await bed.workspace(orgId);
    await host.volumes.create(id);
    const { directory } = await host.volumes.attach(id, 1, signal());
    await installPackage(directory, name, '1.0', atMs);
    await host.volumes.flush(id, 1, signal());
    await host.volumes.detach(id, 1);
    ids.push(id);
  }
  for (const [index, id] of [...ids, ids[2], ids[0]].entries()) {
    if (id === undefined) continue;
    await host.volumes.attach(id, index + 2, signal());
    await host.volumes.detach(id, index + 2);
  }
  const [boot = ''] = await readdir(host.cacheDirectory);
  const roots = await Promise.all(ids.map(async (id) => (await bed.environments.read(id))?.layer.root));
  expect((await readdir(join(host.cacheDirectory, boot))).sort()).toEqual(
    [roots[2], roots[0]].map((root) => `${orgId}-${root}`).sort(),
  );
});
