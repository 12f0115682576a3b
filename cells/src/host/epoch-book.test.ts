import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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

it('passes over what is no epoch of a workspace, such as a draft cut short', async () => {
  const id = newWorkspaceId(systemRandom);
  await (await openEpochBook(directory)).raise(id, 1);
  await writeFile(join(directory, `.${id}`), '');
  await writeFile(join(directory, newWorkspaceId(systemRandom)), 'torn');
  expect([...(await openEpochBook(directory)).known()]).toEqual([[id, 1]]);
  expect(await readdir(directory)).toHaveLength(3);
});
