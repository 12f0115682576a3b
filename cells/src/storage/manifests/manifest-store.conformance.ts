/** What every manifest store must do; each implementation's test runs this suite. */
import { hostIdSchema, newVolumeId, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ManifestStore } from './manifest-store.ts';

const here = hostIdSchema.parse('eu-1-a');
const there = hostIdSchema.parse('eu-1-b');
const root = (digit: string) => digit.repeat(64);

export function describeManifestStore(
  name: string,
  open: () => Promise<{ store: ManifestStore; close(): Promise<void> }>,
): void {
  describe(`${name} as a manifest store`, () => {
    let store: ManifestStore;
    let close: () => Promise<void>;
    beforeAll(async () => ({ store, close } = await open()));
    afterAll(() => close());

    async function fresh(): Promise<WorkspaceId> {
      const workspaceId = newWorkspaceId(systemRandom);
      await store.create(workspaceId, newVolumeId(systemRandom));
      return workspaceId;
    }
    const commit = (workspaceId: WorkspaceId, expectedVersion: number, epoch: number, digit: string) =>
      store.commit({
        ...{ workspaceId, expectedVersion, epoch, root: root(digit) },
        ...{ reason: 'sync', committedAtMs: 1_750_000_000_000 + expectedVersion },
      });

    test('a new volume is empty, and creating it again gives the same one', async () => {
      const workspaceId = newWorkspaceId(systemRandom);
      const volumeId = newVolumeId(systemRandom);
      const row = await store.create(workspaceId, volumeId);
      expect(row).toEqual({
        ...{
          workspaceId,
          volumeId,
          version: 0,
          epoch: 0,
          root: null,
          attachedHost: null,
          sweptVersion: 0,
          sweeps: 0,
          doubtfulUntilMs: null,
        },
      });
      expect(await store.create(workspaceId, newVolumeId(systemRandom))).toEqual(row);
      expect(await store.read(newWorkspaceId(systemRandom))).toBeNull();
    });

    test('a commit moves the pointer and keeps the manifest as a version', async () => {
      const workspaceId = await fresh();
      expect(await commit(workspaceId, 0, 0, 'a')).toBe(1);
      expect(await commit(workspaceId, 1, 0, 'b')).toBe(2);
      expect(await store.read(workspaceId)).toMatchObject({ version: 2, root: root('b') });
      const listed = await store.list(workspaceId, 10);
      expect(listed.map(({ version, root: at }) => [version, at])).toEqual([
        [2, root('b')],
        [1, root('a')],
      ]);
      expect(listed[0]?.committedAtMs).toBe(1_750_000_000_001);
      expect((await store.list(workspaceId, 10, 2)).map(({ version }) => version)).toEqual([1]);
      expect(await store.list(workspaceId, 1)).toHaveLength(1);
    });

    test('a commit from an older version is a conflict and changes nothing', async () => {
      const workspaceId = await fresh();
      await commit(workspaceId, 0, 0, 'a');
      await expect(commit(workspaceId, 0, 0, 'b')).rejects.toMatchObject({ code: 'conflict' });
      await expect(commit(workspaceId, 7, 0, 'b')).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.read(workspaceId)).toMatchObject({ version: 1, root: root('a') });
      expect(await store.list(workspaceId, 10)).toHaveLength(1);
    });

    test('of twenty commits from one version exactly one wins', async () => {
      const workspaceId = await fresh();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => commit(workspaceId, 0, 0, 'a')),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await store.list(workspaceId, 50)).toHaveLength(1);
    });

    test('a claim raises the epoch; an older owner can neither commit, claim nor release', async () => {
      const workspaceId = await fresh();
      await store.claim(workspaceId, 3, here);
      await store.claim(workspaceId, 3, here);
      await store.claim(workspaceId, 5, there);
      await expect(commit(workspaceId, 0, 3, 'a')).rejects.toMatchObject({ code: 'stale_epoch' });
      await expect(store.claim(workspaceId, 3, here)).rejects.toMatchObject({ code: 'stale_epoch' });
      await expect(store.release(workspaceId, 3)).rejects.toMatchObject({ code: 'stale_epoch' });
      expect(await store.read(workspaceId)).toMatchObject({ version: 0, epoch: 5, attachedHost: there });
      expect(await commit(workspaceId, 0, 5, 'b')).toBe(1);
    });

    test('an epoch that was never claimed cannot commit', async () => {
      const workspaceId = await fresh();
      await expect(commit(workspaceId, 0, 9, 'a')).rejects.toMatchObject({ code: 'conflict' });
    });

    test('after a release the stored tree is the truth, and releasing twice is harmless', async () => {
      const workspaceId = await fresh();
      await store.claim(workspaceId, 1, here);
      await store.release(workspaceId, 1);
      await store.release(workspaceId, 1);
      expect(await store.read(workspaceId)).toMatchObject({ epoch: 1, attachedHost: null });
    });

    test('a release under a newer epoch shuts out who had it before, even with nothing else changed', async () => {
      const workspaceId = await fresh();
      await store.claim(workspaceId, 1, here);
      await store.release(workspaceId, 2);
      await expect(commit(workspaceId, 0, 1, 'a')).rejects.toMatchObject({ code: 'stale_epoch' });
      await expect(store.claim(workspaceId, 1, here)).rejects.toMatchObject({ code: 'stale_epoch' });
      expect(await store.read(workspaceId)).toMatchObject({ version: 0, epoch: 2, attachedHost: null });
    });

    test('forgets versions but never the current one', async () => {
      const workspaceId = await fresh();
      for (let version = 0; version < 4; version++) await commit(workspaceId, version, 0, 'a');
      await store.forget(workspaceId, [1, 3, 4]);
      expect((await store.list(workspaceId, 10)).map(({ version }) => version)).toEqual([4, 2]);
      await store.markSwept(workspaceId, { version: 4, sweeps: 0, dueAtMs: null });
      expect(await store.read(workspaceId)).toMatchObject({ sweptVersion: 4 });
    });

    test('each sweep that begins is counted; an older owner begins none', async () => {
      const workspaceId = await fresh();
      await store.claim(workspaceId, 2, here);
      expect(await store.beginSweep(workspaceId, 2, 1_000)).toBe(1);
      expect(await store.beginSweep(workspaceId, 2, 2_000)).toBe(2);
      expect(await store.read(workspaceId)).toMatchObject({ sweeps: 2, doubtfulUntilMs: 2_000 });
      await expect(store.beginSweep(workspaceId, 1, 3_000)).rejects.toMatchObject({ code: 'stale_epoch' });
      const none = newWorkspaceId(systemRandom);
      await expect(store.beginSweep(none, 1, 3_000)).rejects.toMatchObject({ code: 'gone' });
    });

    test('only the sweep that began last can say that its removals were answered', async () => {
      const workspaceId = await fresh();
      const [one, other] = [
        await store.beginSweep(workspaceId, 0, 1_000),
        await store.beginSweep(workspaceId, 0, 2_000),
      ];
      await store.markSwept(workspaceId, { version: 0, sweeps: one, dueAtMs: null });
      expect(await store.read(workspaceId)).toMatchObject({ doubtfulUntilMs: 2_000 });
      await store.markSwept(workspaceId, { version: 0, sweeps: other, dueAtMs: null });
      expect(await store.read(workspaceId)).toMatchObject({ doubtfulUntilMs: null });
    });

    test('a volume is due some time after its first change, and is given to one alone', async () => {
      const workspaceId = await fresh();
      const due = async (nowMs: number) =>
        (await store.claimTidy({ nowMs, leaseMs: 1_000, max: 10_000 })).filter((id) => id === workspaceId);
      const changedMs = 1_750_000_000_000;
      expect(await due(changedMs * 2)).toEqual([]);
      await commit(workspaceId, 0, 0, 'a');
      await commit(workspaceId, 1, 0, 'b');
      const dueMs = changedMs + limits.storage.tidyAfterMs;
      expect(await due(dueMs - 1)).toEqual([]);
      expect((await Promise.all([due(dueMs), due(dueMs)])).flat()).toEqual([workspaceId]);
      expect(await due(dueMs + 999)).toEqual([]);
      expect(await due(dueMs + 1_000)).toEqual([workspaceId]);
      await store.markSwept(workspaceId, { version: 2, sweeps: 0, dueAtMs: dueMs + 5_000 });
      expect(await due(dueMs + 4_999)).toEqual([]);
      await store.claim(workspaceId, 1, here);
      expect(await due(dueMs + 5_000)).toEqual([]);
      await store.release(workspaceId, 1);
      expect(await due(dueMs + 5_000)).toEqual([workspaceId]);
      await store.markSwept(workspaceId, { version: 2, sweeps: 0, dueAtMs: null });
      expect(await due(dueMs * 2)).toEqual([]);
    });

    test('a destroyed volume is gone for every writer, and destroying twice is harmless', async () => {
      const workspaceId = await fresh();
      const { volumeId } = (await store.read(workspaceId)) ?? {};
      await commit(workspaceId, 0, 0, 'a');
      expect(await store.destroy(workspaceId)).toBe(volumeId);
      expect(await store.destroy(workspaceId)).toBeNull();
      expect(await store.read(workspaceId)).toBeNull();
      expect(await store.list(workspaceId, 10)).toEqual([]);
      await expect(commit(workspaceId, 1, 0, 'a')).rejects.toMatchObject({ code: 'gone' });
      await expect(store.claim(workspaceId, 1, here)).rejects.toMatchObject({ code: 'gone' });
    });
  });
}
