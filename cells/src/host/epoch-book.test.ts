import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEpochBook } from './epoch-book.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-epochs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('knows the newest epochs after its process has ended', async () => {
  const id = newWorkspaceId(systemRandom);
  const book = await openEpochBook(directory);
  await Promise.all([book.raise(id, 3), book.raise(id, 4), book.raise(id, 2)]);
  expect([...(await openEpochBook(directory)).known()]).toEqual([[id, 4]]);
});

it('passes over what is no workspace’s, such as a draft cut short', async () => {
  const id = newWorkspaceId(systemRandom);
  await (await openEpochBook(directory)).raise(id, 1);
  await writeFile(join(directory, `.${id}`), '');
  await writeFile(join(directory, 'lost+found'), 'x');
  expect([...(await openEpochBook(directory)).known()]).toEqual([[id, 1]]);
  expect(await readdir(directory)).toHaveLength(3);
});

it.each(['', 'torn', '-1', '1e3'])(
  'does not open where an epoch is illegible (%j): it would obey anybody',
  async (text) => {
    await writeFile(join(directory, newWorkspaceId(systemRandom)), text);
    await expect(openEpochBook(directory)).rejects.toMatchObject({ code: 'store_unavailable' });
  },
);

it('forgets one for good, and keeps it when it is seen again meanwhile', async () => {
  const [gone, kept] = [newWorkspaceId(systemRandom), newWorkspaceId(systemRandom)];
  const book = await openEpochBook(directory);
  await Promise.all([book.raise(gone, 3), book.raise(kept, 4)]);
  const raised = book.raise(gone, 4);
  await Promise.all([raised, book.forget(gone), book.forget(kept), book.raise(kept, 5)]);
  await book.forget(gone);
  expect([...book.known()]).toEqual([[kept, 5]]);
  expect(await readdir(directory)).toEqual([kept]);
  expect([...(await openEpochBook(directory)).known()]).toEqual([[kept, 5]]);
});

it('tries again to keep what it could not, before anything is done under it', async () => {
  const id = newWorkspaceId(systemRandom);
  const book = await openEpochBook(directory);
  await mkdir(join(directory, `.${id}`));
  await expect(book.raise(id, 7)).rejects.toThrow();
  await expect(book.settled(id)).rejects.toThrow();
  await rmdir(join(directory, `.${id}`));
  await book.settled(id);
  expect([...(await openEpochBook(directory)).known()]).toEqual([[id, 7]]);
});
