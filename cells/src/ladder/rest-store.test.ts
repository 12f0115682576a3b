import { hostIdSchema, newSandboxId, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { workspaces } from '../db/workspaces.ts';
import { MemoryRestStore } from './memory-rest-store.ts';
import { createPostgresRestStore } from './postgres-rest-store.ts';
import type { Rest } from './rest.ts';
import type { RestStore } from './rest-store.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const rowEpochs = new Map<WorkspaceId, number>();
const implementations: [string, () => RestStore][] = [
  ['memory', () => new MemoryRestStore((id) => rowEpochs.get(id) ?? 0)],
  ['postgres', () => createPostgresRestStore(fresh.database)],
];

/** The workspace's own row, of this epoch. */
async function takeUp(id: WorkspaceId, epoch: number): Promise<void> {
  rowEpochs.set(id, epoch);
  const intent = { desired: 'running', phase: 'running', generation: 1, dormant: false, attempts: 0 };
  const moments = { createdAt: new Date(), lastActiveAt: new Date() };
  await fresh.database.insert(workspaces).values({
    ...{ id, ownerId: 'o', orgId: 'o', tier: 'free', name: 'n', createKey: id },
    ...{ ...intent, ...moments, epoch },
  });
}

const fingerprint = { runtime: 'runsc 1', platform: 'systrap', cpuFeatures: 'abc', imageDigest: 'def' };

describe.each(implementations)('the rest store in %s', (name, create) => {
  const random = seededRandom(name.length);
  const host = hostIdSchema.parse(`host-${name}`);
  const rest = (workspaceId: WorkspaceId, more: Partial<Rest> = {}): Rest => ({
    ...{
      workspaceId,
      epoch: 3,
      tier: 'free',
      hostId: host,
      sandboxId: newSandboxId(random),
      image: null,
      remote: false,
    },
    ...{ suspendedAtMs: 1_000, dueAtMs: 61_000, ...more },
  });
  const draw = () => ({ store: create(), id: newWorkspaceId(random) });

  test('gives back what was put, frozen and stored, and nothing once it is removed', async () => {
    const { store, id } = draw();
    expect(await store.get(id)).toBeNull();
    const frozen = rest(id);
    await store.put(frozen);
    expect(await store.get(id)).toEqual(frozen);
    const stored = { ...frozen, image: { bytes: 5 * 1024 ** 3, fingerprint }, dueAtMs: 99_000 };
    await store.put(stored);
    expect(await store.get(id)).toEqual(stored);
    await store.remove(id, 3);
    await store.remove(id, 3);
    expect(await store.get(id)).toBeNull();
  });

  test('a newer suspend replaces what an older one kept, and an older one can neither replace nor remove it', async () => {
    const { store, id } = draw();
    const newer = rest(id, { epoch: 7 });
    await store.put(rest(id));
    await store.put(newer);
    await expect(store.put(rest(id, { epoch: 6 }))).rejects.toMatchObject({ code: 'stale_epoch' });
    await expect(store.remove(id, 6)).rejects.toMatchObject({ code: 'stale_epoch' });
    expect(await store.get(id)).toEqual(newer);
  });

  test('one whose workspace is of a newer epoch by now cannot put back what that one took away', async () => {
    const { store, id } = draw();
    await takeUp(id, 4);
    await expect(store.put(rest(id, { epoch: 3 }))).rejects.toMatchObject({ code: 'stale_epoch' });
    expect(await store.get(id)).toBeNull();
    const own = rest(id, { epoch: 4 });
    await store.put(own);
    expect(await store.get(id)).toEqual(own);
  });

  test('an image is noted as sent where it is what is kept, and until then listed for its host', async () => {
    const { store } = draw();
    const here = hostIdSchema.parse(`sends-${name}`);
    const image = { bytes: 1, fingerprint };
    const [older, newer, frozen] = [0, 1, 2].map(() => newWorkspaceId(random));
    const kept = rest(newer!, { hostId: here, image, suspendedAtMs: 2_000 });
    await store.put(kept);
    await store.put(rest(older!, { hostId: here, image, suspendedAtMs: 1_500 }));
    const asleep = rest(frozen!, { hostId: here });
    await store.put(asleep);
    const unsent = async (limit: number) =>
      (await store.listUnsent([here], limit)).map(({ workspaceId }) => workspaceId);
    expect(await unsent(10)).toEqual([older, newer]);
    expect(await unsent(1)).toEqual([older]);
    expect(await store.listUnsent([], 10)).toEqual([]);
    expect(await store.noteRemote(newer!, newSandboxId(random))).toBe(false);
    expect(await store.noteRemote(frozen!, asleep.sandboxId)).toBe(false);
    expect(await store.noteRemote(newer!, kept.sandboxId)).toBe(true);
    expect(await store.get(newer!)).toEqual({ ...kept, remote: true });
    expect(await unsent(10)).toEqual([older]);
  });

  test('lists what is due, the longest due first, and what a host has', async () => {
    const { store } = draw();
    const elsewhere = hostIdSchema.parse(`other-${name}`);
    const [first, second, later, other] = [0, 1, 2, 3].map(() => newWorkspaceId(random));
    await store.put(rest(second!, { dueAtMs: -2_000, hostId: elsewhere }));
    await store.put(rest(first!, { dueAtMs: -3_000, hostId: elsewhere }));
    await store.put(rest(later!, { dueAtMs: 70_000, hostId: elsewhere }));
    await store.put(rest(other!, { dueAtMs: 70_000 }));
    expect(await store.listDue(-1_000, 10)).toEqual([first, second]);
    expect(await store.listDue(-1_000, 1)).toEqual([first]);
    const there = (await store.listOnHost(elsewhere)).map(({ workspaceId }) => workspaceId);
    expect(there.sort()).toEqual([first, second, later].sort());
    expect((await store.listOnHost(host)).every(({ hostId }) => hostId === host)).toBe(true);
  });
});
