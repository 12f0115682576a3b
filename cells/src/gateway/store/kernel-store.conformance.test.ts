import {
  kernelIdSchema,
  newKernelId,
  newSessionId,
  newUserId,
  newWorkspaceId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import type { KernelRecord, KernelStore, SessionRecord } from './kernel-store.ts';
import { createMemoryKernelStore } from './memory-kernel-store.ts';
import { createPostgresKernelStore } from './postgres-kernel-store.ts';

const random = seededRandom(7);

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await createTestDatabase();
}, 90_000);
afterAll(() => postgres?.drop());

const kernelOf = (workspaceId: WorkspaceId, createdMs = 1): KernelRecord => ({
  id: newKernelId(random),
  workspaceId,
  kernelspec: 'python3',
  directory: 'a/b',
  kernelInfo: null,
  reason: null,
  createdMs,
  lastActivityMs: 1_750_000_000_123,
});

const sessionOf = ({ workspaceId, id }: KernelRecord, createdMs = 1): SessionRecord => ({
  id: newSessionId(random),
  workspaceId,
  kernelId: id,
  path: 'a/b/ü “x”.ipynb',
  name: '',
  type: 'notebook',
  createdMs,
});

describe.each([
  ['memory', () => createMemoryKernelStore()],
  ['postgres', () => createPostgresKernelStore(postgres.database)],
])('the %s kernel store', (_name, create) => {
  let store: KernelStore;
  let workspaceId: WorkspaceId;
  let otherId: WorkspaceId;
  beforeEach(() => {
    store = create();
    workspaceId = newWorkspaceId(random);
    otherId = newWorkspaceId(random);
  });

  test('gives back what was put, oldest first, and replaces on a second put', async () => {
    const [young, old] = [kernelOf(workspaceId, 2), kernelOf(workspaceId, 1)];
    await store.putKernel(young);
    await store.putKernel(old);
    expect(await store.listKernels(workspaceId)).toEqual([old, young]);
    const changed = {
      ...old,
      kernelInfo: { banner: '∆', help_links: [] },
      reason: 'out of memory',
      lastActivityMs: 9,
    };
    await store.putKernel(changed);
    expect(await store.listKernels(workspaceId)).toEqual([changed, young]);
    expect(await store.listKernels(otherId)).toEqual([]);
  });

  test('a kernel goes with its sessions, of its own workspace only', async () => {
    const kernel = kernelOf(workspaceId);
    const same = { ...kernelOf(otherId), id: kernel.id };
    for (const record of [kernel, same]) {
      await store.putKernel(record);
      await store.putSession(sessionOf(record));
    }
    await store.deleteKernel(workspaceId, kernel.id);
    await store.deleteKernel(workspaceId, kernel.id);
    expect(await store.listKernels(workspaceId)).toEqual([]);
    expect(await store.listSessions(workspaceId)).toEqual([]);
    expect(await store.listKernels(otherId)).toEqual([same]);
    expect(await store.listSessions(otherId)).toHaveLength(1);
  });

  test('a session is replaced and deleted by its id', async () => {
    const kernel = kernelOf(workspaceId);
    const session = sessionOf(kernel);
    await store.putSession(session);
    await store.putSession({ ...session, path: 'moved.ipynb' });
    expect(await store.listSessions(workspaceId)).toEqual([{ ...session, path: 'moved.ipynb' }]);
    await store.deleteSession(otherId, session.id);
    expect(await store.listSessions(workspaceId)).toHaveLength(1);
    await store.deleteSession(workspaceId, session.id);
    expect(await store.listSessions(workspaceId)).toEqual([]);
  });

  test('an id of a client’s own choosing is kept as it is', async () => {
    const id = kernelIdSchema.parse('12345678-1234-5678-1234-567812345678');
    await store.putKernel({ ...kernelOf(workspaceId), id });
    expect((await store.listKernels(workspaceId))[0]?.id).toBe(id);
  });

  test('kernelspecs are null until they were seen', async () => {
    expect(await store.getKernelspecs(workspaceId)).toBeNull();
    const entry = {
      name: 'python3',
      spec: { argv: ['python3'], language: 'python' },
      resources: ['logo-svg.svg'],
    };
    const catalog = { kernelspecs: { python3: entry }, resources: { 'python3/logo-svg.svg': 'AAA=' } };
    await store.putKernelspecs(workspaceId, { kernelspecs: {}, resources: {} });
    await store.putKernelspecs(workspaceId, catalog);
    expect(await store.getKernelspecs(workspaceId)).toEqual(catalog);
    expect(await store.getKernelspecs(otherId)).toBeNull();
  });

  test('configuration is per workspace, user and section', async () => {
    const user = newUserId(random);
    expect(await store.getConfig(workspaceId, user, 'notebook')).toBeNull();
    await store.putConfig(workspaceId, user, 'notebook', { a: { b: [1, null] } });
    await store.putConfig(workspaceId, user, 'notebook', { a: 2 });
    expect(await store.getConfig(workspaceId, user, 'notebook')).toEqual({ a: 2 });
    expect(await store.getConfig(workspaceId, newUserId(random), 'notebook')).toBeNull();
    expect(await store.getConfig(otherId, user, 'notebook')).toBeNull();
    expect(await store.getConfig(workspaceId, user, 'other')).toBeNull();
  });

  test('a deleted workspace leaves nothing, and deleting it again is harmless', async () => {
    const kernel = kernelOf(workspaceId);
    const user = newUserId(random);
    await store.putKernel(kernel);
    await store.putSession(sessionOf(kernel));
    await store.putKernelspecs(workspaceId, { kernelspecs: {}, resources: {} });
    await store.putConfig(workspaceId, user, 'x', {});
    await store.deleteWorkspace(workspaceId);
    await store.deleteWorkspace(workspaceId);
    expect(await store.listKernels(workspaceId)).toEqual([]);
    expect(await store.listSessions(workspaceId)).toEqual([]);
    expect(await store.getKernelspecs(workspaceId)).toBeNull();
    expect(await store.getConfig(workspaceId, user, 'x')).toBeNull();
  });
});
