import { systemClock } from '@cellbook/shared/clock.ts';
import {
  hostIdSchema,
  newOrgId,
  newUserId,
  newVolumeId,
  newWorkspaceId,
  type OrgId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../db/test-database.ts';
import { createMemoryManifestStore } from '../storage/manifests/memory-manifest-store.ts';
import { createPostgresManifestStore } from '../storage/manifests/postgres-manifest-store.ts';
import type { EnvironmentStore, Layer } from './environment-store.ts';
import { createMemoryEnvironmentStore } from './memory-environment-store.ts';
import { createPostgresEnvironmentStore } from './postgres-environment-store.ts';

const host = hostIdSchema.parse('eu-1-a');
const leaseMs = 60_000;

interface Opened {
  store: EnvironmentStore;
  /** A workspace whose files are on the host under epoch 1. */
  workspace(orgId: OrgId): Promise<WorkspaceId>;
  release(workspaceId: WorkspaceId): Promise<void>;
  storedBytes(orgId: OrgId): Promise<number | null>;
  close(): Promise<void>;
}

async function openMemory(): Promise<Opened> {
  const manifests = createMemoryManifestStore();
  const orgs = new Map<WorkspaceId, OrgId>();
  const orgOf = (id: WorkspaceId) => orgs.get(id) ?? null;
  return {
    store: createMemoryEnvironmentStore({ clock: systemClock, orgOf, ownerOf: (id) => manifests.read(id) }),
    async workspace(orgId) {
      const id = newWorkspaceId(systemRandom);
      orgs.set(id, orgId);
      await manifests.create(id, newVolumeId(systemRandom));
      await manifests.claim(id, 1, host);
      return id;
    },
    release: (id) => manifests.release(id, 2),
    storedBytes: async () => null,
    close: async () => {},
  };
}

async function openPostgres(): Promise<Opened> {
  const { database, drop } = await createTestDatabase();
  const manifests = createPostgresManifestStore(database);
  const sql = database.$client;
  return {
    store: createPostgresEnvironmentStore(database),
    async workspace(orgId) {
      const id = newWorkspaceId(systemRandom);
      await sql`insert into workspaces (id, owner_id, org_id, tier, name, desired, phase, generation, epoch, dormant,
        attempts, created_at, last_active_at, create_key)
        values (${id}, ${newUserId(systemRandom)}, ${orgId}, 'free', 'one', 'running', 'running', 1, 1, false, 0, now(), now(), ${id})`;
      await manifests.create(id, newVolumeId(systemRandom));
      await manifests.claim(id, 1, host);
      return id;
    },
    release: (id) => manifests.release(id, 2),
    async storedBytes(orgId) {
      const [row] = await sql`select sum(files) as bytes from storage_totals where org_id = ${orgId}`;
      return Number(row?.bytes ?? 0);
    },
    close: drop,
  };
}

const layer = (letter: string, bytes = 10): Layer => ({
  ...{ root: letter.repeat(64), mode: 0o755, times: null, looks: letter, files: 1, bytes },
  packages: [{ name: letter, version: '1', record: null, url: null }],
  storedAtMs: 1_000,
});

describe.each([
  ['memory', openMemory],
  ['Postgres', openPostgres],
] as const)('environments in %s', (_name, open) => {
  let opened: Opened;
  let store: EnvironmentStore;
  beforeAll(async () => {
    opened = await open();
    store = opened.store;
  });
  afterAll(() => opened.close());

  async function commit(workspaceId: WorkspaceId, orgId: OrgId, given: Layer, epoch = 1) {
    const captureId = systemRandom.uuid();
    expect(await store.beginCapture(orgId, captureId, leaseMs)).not.toBeNull();
    try {
      await store.commit({ workspaceId, orgId, epoch, captureId, layer: given });
    } finally {
      await store.endCapture(captureId);
    }
  }

  it('keeps what was committed last, and what was before it', async () => {
    const orgId = newOrgId(systemRandom);
    const id = await opened.workspace(orgId);
    expect(await store.read(id)).toBeNull();
    expect(await store.orgOf(id)).toBe(orgId);
    await commit(id, orgId, layer('a'));
    await commit(id, orgId, layer('a', 20));
    expect(await store.read(id)).toMatchObject({ state: 'ready', layer: layer('a', 20), previous: null });
    await commit(id, orgId, layer('b'));
    expect(await store.read(id)).toMatchObject({ layer: layer('b'), previous: layer('a', 20) });
    expect(await opened.storedBytes(orgId)).toBe(_name === 'memory' ? null : 10);
  });

  it('adds up what each workspace counts, and each layer once for its organisation', async () => {
    const [orgId, otherOrgId] = [newOrgId(systemRandom), newOrgId(systemRandom)];
    const before = await store.totals();
    for (const org of [orgId, orgId, otherOrgId])
      await commit(await opened.workspace(org), org, layer('e', 7));
    const one = await opened.workspace(orgId);
    await commit(one, orgId, layer('f', 3));
    await commit(one, orgId, layer('e', 7));
    const { countedBytes, layerBytes } = await store.totals();
    expect(countedBytes - before.countedBytes).toBe(28);
    expect(layerBytes - before.layerBytes).toBe(17);
  });

  it('refuses whoever does not have the files, and a capture whose lease is over', async () => {
    const orgId = newOrgId(systemRandom);
    const id = await opened.workspace(orgId);
    await expect(commit(id, orgId, layer('a'), 0)).rejects.toMatchObject({ code: 'stale_epoch' });
    await expect(commit(id, orgId, layer('a'), 2)).rejects.toMatchObject({ code: 'stale_epoch' });
    const late = { workspaceId: id, orgId, epoch: 1, captureId: 'late', layer: layer('a') };
    await store.beginCapture(orgId, 'late', 0);
    await expect(store.commit(late)).rejects.toMatchObject({ code: 'conflict' });
    await expect(store.commit({ ...late, captureId: 'never' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.read(id)).toBeNull();
    await commit(id, orgId, layer('a'));
    await expect(store.reset(id, 'stored', 'empty')).rejects.toMatchObject({ code: 'stale_epoch' });
    await expect(store.reset(id, { epoch: 3 }, 'empty')).rejects.toMatchObject({ code: 'stale_epoch' });
  });

  it('resets to nothing and back, from a host and without one', async () => {
    const orgId = newOrgId(systemRandom);
    const id = await opened.workspace(orgId);
    expect(await store.reset(id, { epoch: 1 }, 'empty')).toBeNull();
    await expect(store.reset(id, { epoch: 1 }, 'previous')).rejects.toMatchObject({ code: 'not_found' });
    await commit(id, orgId, layer('a'));
    await expect(store.reset(id, { epoch: 1 }, 'previous')).rejects.toMatchObject({ code: 'not_found' });
    await store.setState(id, 'damaged', 'why');
    expect(await store.read(id)).toMatchObject({ state: 'damaged', problem: 'why' });
    await store.setState(id, 'ready', null);
    await store.reset(id, { epoch: 1 }, 'empty');
    expect(await store.read(id)).toMatchObject({ state: 'ready', problem: null, layer: { root: null } });
    await store.reset(id, { epoch: 1 }, 'empty');
    expect((await store.read(id))?.previous).toEqual(layer('a'));
    await opened.release(id);
    await store.reset(id, 'stored', 'previous');
    expect((await store.read(id))?.layer).toEqual(layer('a'));
    await store.destroy(id);
    expect(await store.read(id)).toBeNull();
    expect(await opened.storedBytes(orgId)).toBe(_name === 'memory' ? null : 0);
  });

  it('never lets a capture and a turn of a sweep be at once, and waits for neither’s dead', async () => {
    const orgId = newOrgId(systemRandom);
    const other = newOrgId(systemRandom);
    await store.beginCapture(orgId, `one of ${orgId}`, leaseMs);
    expect(await store.beginCapture(orgId, `two of ${orgId}`, leaseMs)).toEqual({ sweeps: 0 });
    expect(await store.beginSweep(orgId, leaseMs)).toBeNull();
    await store.endCapture(`one of ${orgId}`);
    expect(await store.beginSweep(orgId, leaseMs)).toBeNull();
    await store.endCapture(`two of ${orgId}`);
    expect(await store.beginSweep(orgId, leaseMs)).toEqual({ sweeps: 1, layers: [] });
    expect(await store.beginSweep(orgId, leaseMs)).toBeNull();
    expect(await store.beginCapture(orgId, 'three', leaseMs)).toBeNull();
    expect(await store.beginCapture(other, 'four', leaseMs)).not.toBeNull();
    expect(await store.renewSweep(orgId, 1, leaseMs)).toBe(true);
    expect(await store.renewSweep(orgId, 0, leaseMs)).toBe(false);
    await store.endSweep(orgId, 0);
    expect(await store.beginCapture(orgId, 'three', leaseMs)).toBeNull();
    await store.endSweep(orgId, 1);
    expect(await store.renewSweep(orgId, 1, leaseMs)).toBe(false);
    // One that dies at once.
    await store.beginCapture(orgId, `dead of ${orgId}`, 0);
    expect(await store.beginSweep(orgId, 0)).toEqual({ sweeps: 2, layers: [] });
    expect(await store.beginCapture(orgId, `five of ${orgId}`, leaseMs)).toEqual({ sweeps: 2 });
  });

  it('tells every layer that is referred to but damaged ones, and one by one which are due', async () => {
    const orgId = newOrgId(systemRandom);
    const one = await opened.workspace(orgId);
    const two = await opened.workspace(orgId);
    await commit(one, orgId, layer('a'));
    await commit(one, orgId, layer('b'));
    await commit(two, orgId, layer('c'));
    const roots = async () => (await store.layers(orgId)).map(({ root }) => root?.[0]).sort();
    expect(await roots()).toEqual(['a', 'b', 'c']);
    await store.setState(one, 'damaged', 'why');
    expect(await roots()).toEqual(['a', 'c']);
    await commit(one, orgId, layer('d'));
    // The damaged one is nobody's; what was before it stays.
    expect(await roots()).toEqual(['a', 'c', 'd']);
    expect(await store.due(100)).not.toContain(orgId);
  });
});
