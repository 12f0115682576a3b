import { newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import type { LabStore } from './lab-store.ts';
import { createMemoryLabStore } from './memory-lab-store.ts';
import { createPostgresLabStore } from './postgres-lab-store.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const implementations: [string, () => LabStore][] = [
  ['memory', createMemoryLabStore],
  ['postgres', () => createPostgresLabStore(fresh.database)],
];

describe.each(implementations)('the lab store in %s', (implementation, create) => {
  const random = seededRandom(implementation.length);
  const draw = () => ({
    store: create(),
    workspaceId: newWorkspaceId(random),
    userId: newUserId(random),
    otherId: newUserId(random),
  });
  const commented = `{\n  // the dark one\n  "theme": 'JupyterLab Dark',\n}\u2028é🦄`;

  test('gives a setting back byte for byte, with the time it was first and last saved', async () => {
    const { store, userId } = draw();
    expect(await store.setting(userId, 'a:b')).toBeNull();
    await store.saveSetting(userId, 'a:b', '{}', 1_000);
    await store.saveSetting(userId, 'a:b', commented, 2_000);
    const saved = { name: 'a:b', text: commented, createdAtMs: 1_000, modifiedAtMs: 2_000 };
    expect(await store.setting(userId, 'a:b')).toEqual(saved);
    expect(await store.settings(userId)).toEqual([saved]);
  });

  test("keeps each user's settings to that user, and lists them by the bytes of their names", async () => {
    const { store, userId, otherId } = draw();
    for (const name of ['b:x', 'B:x', '@a:x', 'a:x']) await store.saveSetting(userId, name, '{}', 1);
    await store.saveSetting(otherId, 'c:x', '{}', 1);
    expect((await store.settings(userId)).map((one) => one.name)).toEqual(['@a:x', 'B:x', 'a:x', 'b:x']);
    expect(await store.setting(otherId, 'a:x')).toBeNull();
  });

  test('keeps layouts to one user and one workspace', async () => {
    const { store, workspaceId, userId, otherId } = draw();
    const owner = { workspaceId, userId };
    expect(await store.saveLayout(owner, 'default', commented, 5)).toBe(true);
    expect(await store.layout(owner, 'default')).toEqual({
      name: 'default',
      text: commented,
      createdAtMs: 5,
      modifiedAtMs: 5,
    });
    expect(await store.layout({ workspaceId, userId: otherId }, 'default')).toBeNull();
    expect(await store.layouts({ workspaceId: newWorkspaceId(random), userId })).toEqual([]);
    expect(await store.deleteLayout({ workspaceId, userId: otherId }, 'default')).toBe(false);
    expect(await store.deleteLayout(owner, 'default')).toBe(true);
    expect(await store.deleteLayout(owner, 'default')).toBe(false);
    expect(await store.layouts(owner)).toEqual([]);
  });

  test('refuses a layout too many, but still saves those it has', async () => {
    const { store, workspaceId, userId, otherId } = draw();
    const owner = { workspaceId, userId };
    for (let index = 0; index < limits.lab.layoutsPerWorkspaceMax; index++) {
      expect(await store.saveLayout(owner, `layout ${index}`, '{}', 1)).toBe(true);
    }
    expect(await store.saveLayout(owner, 'one more', '{}', 2)).toBe(false);
    expect(await store.layout(owner, 'one more')).toBeNull();
    expect(await store.saveLayout(owner, 'layout 7', '{"a":1}', 2)).toBe(true);
    expect((await store.layout(owner, 'layout 7'))?.text).toBe('{"a":1}');
    expect(await store.saveLayout({ workspaceId, userId: otherId }, 'mine', '{}', 2)).toBe(true);
  });

  test("forgets every user's layouts of a deleted workspace, and no other's", async () => {
    const { store, workspaceId, userId, otherId } = draw();
    const elsewhere = { workspaceId: newWorkspaceId(random), userId };
    await store.saveLayout({ workspaceId, userId }, 'default', '{}', 1);
    await store.saveLayout({ workspaceId, userId: otherId }, 'default', '{}', 1);
    await store.saveLayout(elsewhere, 'default', '{}', 1);
    await store.forgetWorkspace(workspaceId);
    expect(await store.layouts({ workspaceId, userId })).toEqual([]);
    expect(await store.layouts({ workspaceId, userId: otherId })).toEqual([]);
    expect(await store.layouts(elsewhere)).toHaveLength(1);
  });
});
