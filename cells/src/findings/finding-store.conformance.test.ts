import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import type { FindingStore } from './finding-store.ts';
import { createMemoryFindingStore } from './memory-finding-store.ts';
import { createPostgresFindingStore } from './postgres-finding-store.ts';

let fresh: TestDatabase;
beforeAll(async () => {
  fresh = await createTestDatabase();
}, 60_000);
afterAll(() => fresh?.drop());

const implementations: [string, () => FindingStore][] = [
  ['memory', createMemoryFindingStore],
  ['postgres', () => createPostgresFindingStore(fresh.database)],
];
const finding = { rule: 'a/B', cell: 1, part: 'source' as const, line: 2, hint: '… (9 characters)' };
const flagged = (path: string, savedAtMs = 1_000) => ({ path, findings: [finding], savedAtMs });

describe.each(implementations)('the finding store in %s', (implementation, create) => {
  const random = seededRandom(implementation.length);
  const draw = () => ({ store: create(), id: newWorkspaceId(random) });
  const pathsOf = async (store: FindingStore, id: ReturnType<typeof draw>['id']) =>
    (await store.list(id)).map(({ path }) => path).sort();

  test('keeps what the newest save had, newest file first, and says whether it was flagged before', async () => {
    const { store, id } = draw();
    expect(await store.replace(id, flagged('a.ipynb'))).toBe(false);
    expect(await store.replace(id, flagged('b.py', 2_000))).toBe(false);
    const more = { path: 'a.ipynb', findings: [finding, { ...finding, cell: null }], savedAtMs: 3_000 };
    expect(await store.replace(id, more)).toBe(true);
    expect(await store.list(id)).toEqual([more, flagged('b.py', 2_000)]);
    expect(await store.list(newWorkspaceId(random))).toEqual([]);
  });

  test('forgets a file that is clean now', async () => {
    const { store, id } = draw();
    await store.replace(id, flagged('a.ipynb'));
    expect(await store.replace(id, { ...flagged('a.ipynb'), findings: [] })).toBe(true);
    expect(await store.replace(id, { ...flagged('a.ipynb'), findings: [] })).toBe(false);
    expect(await store.list(id)).toEqual([]);
  });

  test('lets marks go along with files and folders, and takes names as they are', async () => {
    const { store, id } = draw();
    for (const path of ['fold_r🦄/a.py', 'fold_r🦄/sub/é.py', 'foldxr🦄/b.py', 'fold_r🦄.py'])
      await store.replace(id, flagged(path));
    await store.move(id, 'fold_r🦄', 'other/place');
    expect(await pathsOf(store, id)).toEqual(
      ['fold_r🦄.py', 'foldxr🦄/b.py', 'other/place/a.py', 'other/place/sub/é.py'].sort(),
    );
    // The mark is the moved file's: a save under its new path replaces it.
    expect(await store.replace(id, flagged('other/place/a.py'))).toBe(true);
    await store.remove(id, 'other');
    expect(await pathsOf(store, id)).toEqual(['fold_r🦄.py', 'foldxr🦄/b.py']);
    await store.forgetWorkspace(id);
    expect(await store.list(id)).toEqual([]);
  });

  test('takes a path of four kilobytes', async () => {
    const { store, id } = draw();
    const path = `${'folder/'.repeat(580)}a.py`;
    await store.replace(id, flagged(path));
    await store.move(id, 'folder', 'moved');
    expect(await pathsOf(store, id)).toEqual([path.replace('folder/', 'moved/')]);
  });

  test('remembers the newest files only', async () => {
    const { store, id } = draw();
    const max = limits.findings.filesPerWorkspaceMax;
    for (let index = 0; index <= max; index++) await store.replace(id, flagged(`${index}.py`, index));
    const listed = await store.list(id);
    expect(listed).toHaveLength(max);
    expect(listed.at(-1)?.path).toBe('1.py');
  });
});
