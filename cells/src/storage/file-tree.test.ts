/** One suite for both kinds of tree: the client must not be able to tell a live workspace from a stored one. */
import { newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type RemoteTestHost, startRemoteTestHost } from '../host/testing/remote-test-host.ts';
import type { FileTree } from './file-tree.ts';
import { startTestHost, type TestHost } from './test-volumes.ts';

const { signal } = new AbortController();

describe.each([
  ['here', 'stored', startTestHost],
  ['here', 'live', startTestHost],
  ['reached through its daemon', 'stored', startRemoteTestHost],
  ['reached through its daemon', 'live', startRemoteTestHost],
] as const)('a tree %s, %s', (_where, kind, start) => {
  let host: TestHost | RemoteTestHost;
  let id: WorkspaceId;
  let tree: FileTree;
  beforeAll(async () => {
    host = await start();
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    id = newWorkspaceId(systemRandom);
    await host.volumes.create(id);
    if (kind === 'live') await host.volumes.attach(id, 1, signal);
    tree = await host.volumes.files(id);
  });

  const write = (path: string, body: string) => tree.write(path.split('/'), Buffer.from(body));
  const text = async (path: string) => (await tree.read(path.split('/'))).toString();
  const names = async (...path: string[]) => (await tree.list(path)).map(({ name }) => name).sort();
  const refused = (code: string) => ({ code });

  /** Moves the workspace to the other state, so that what was done is seen from there. */
  async function turn(): Promise<void> {
    if (kind === 'stored') {
      await host.volumes.attach(id, 1, signal);
      return;
    }
    await host.volumes.flush(id, 1, signal);
    await host.volumes.detach(id, 1);
  }

  test('writes, reads, replaces and tells what is there', async () => {
    expect(await tree.stat(['a.txt'])).toBeNull();
    const first = await write('a.txt', 'one');
    expect(first).toMatchObject({ type: 'file', sizeBytes: 3, writable: true });
    const second = await write('a.txt', 'second');
    expect(second).toMatchObject({ sizeBytes: 6, createdMs: first.createdMs });
    expect(second.modifiedMs).toBeGreaterThanOrEqual(first.modifiedMs);
    expect(await text('a.txt')).toBe('second');
    expect(await tree.stat([])).toMatchObject({ type: 'directory', sizeBytes: null });
  });

  test('takes what it adds from the room that was reserved for it, and from none where none was', async () => {
    const commit = vi.spyOn(host.parts.manifests, 'commit');
    const roomy = await host.volumes.files(id, { reservation: 'room' });
    await roomy.write(['a.txt'], Buffer.from('one'));
    await tree.write(['b.txt'], Buffer.from('two'));
    expect(commit.mock.calls.map(([{ reservation }]) => reservation)).toEqual(['room', undefined]);
    commit.mockRestore();
  });

  describe('versions of a file', () => {
    const keep = { recent: 3, dailyMs: 30 * 24 * 3_600_000 };
    const save = (path: string, body: string, author = 'user-a') =>
      tree.write(path.split('/'), Buffer.from(body), { version: { author, keep } });
    const saved = async (path: string) =>
      Promise.all(
        (await tree.listVersions(path.split('/'))).map(async ({ id: version }) =>
          (await tree.readVersion(path.split('/'), version)).toString(),
        ),
      );

    test('are every save, newest first, with who saved; a write that is no save is none', async () => {
      await save('a.txt', 'one');
      await write('a.txt', 'by the platform');
      await save('a.txt', 'two', 'user-b');
      expect(await saved('a.txt')).toEqual(['two', 'one']);
      const [newest] = await tree.listVersions(['a.txt']);
      expect(newest).toMatchObject({ author: 'user-b', sizeBytes: 3 });
      expect(await tree.listVersions(['nothing'])).toEqual([]);
      await expect(tree.readVersion(['a.txt'], '1')).rejects.toMatchObject(refused('not_found'));
    });

    test('outlive the file, its folder, and the workspace’s suspend', async () => {
      await tree.makeDirectory(['folder']);
      await save('folder/a.txt', 'precious'.repeat(100));
      await tree.remove(['folder', 'a.txt']);
      await tree.remove(['folder']);
      await turn();
      expect(await saved('folder/a.txt')).toEqual(['precious'.repeat(100)]);
    });

    test('go along when a file or its folder is renamed, and join those of what had the name before', async () => {
      await tree.makeDirectory(['one']);
      await save('one/a.txt', 'first');
      await tree.move(['one', 'a.txt'], ['one', 'b.txt']);
      await tree.move(['one'], ['two']);
      expect(await saved('two/b.txt')).toEqual(['first']);
      expect(await saved('one/a.txt')).toEqual([]);
      await tree.remove(['two', 'b.txt']);
      await save('c.txt', 'second');
      await tree.move(['c.txt'], ['two', 'b.txt']);
      expect(await saved('two/b.txt')).toEqual(['second', 'first']);
    });

    test('beyond the recent ones are the last of their day, and the newest are all there', async () => {
      for (const body of ['1', '2', '3', '4', '5']) await save('a.txt', body);
      expect(await saved('a.txt')).toEqual(['5', '4', '3', '2']);
    });

    test('of a large file are read whole after it has become small', async () => {
      const large = Buffer.concat([1, 2, 3].map((each) => Buffer.alloc(1_000_000, each)));
      await tree.write(['big'], large, { version: { author: 'user-a', keep } });
      await tree.write(['big'], Buffer.from('small now'), { version: { author: null, keep } });
      const [, older] = await tree.listVersions(['big']);
      expect(older?.sizeBytes).toBe(3_000_000);
      expect((await tree.readVersion(['big'], older?.id ?? '')).equals(large)).toBe(true);
    });

    test('of what the platform writes again and again are one, and those of people stay', async () => {
      await save('n.txt', 'theirs');
      for (const outputs of ['1', '12', '123'])
        await tree.update(['n.txt'], () => Buffer.from(outputs), { version: { author: null, keep } });
      expect(await saved('n.txt')).toEqual(['123', 'theirs']);
      expect((await tree.listVersions(['n.txt'])).map(({ author }) => author)).toEqual([null, 'user-a']);
      await save('n.txt', 'theirs again');
      expect(await saved('n.txt')).toEqual(['theirs again', '123', 'theirs']);
    });

    test('are forgotten when that is asked for, and the file stays', async () => {
      await save('a.txt', 'one');
      await save('a.txt', 'two');
      await tree.forgetVersions(['a.txt']);
      expect(await saved('a.txt')).toEqual([]);
      expect((await tree.read(['a.txt'])).toString()).toBe('two');
      await tree.forgetVersions(['never']);
    });

    test('an upload in pieces is one version', async () => {
      await tree.uploadChunk(['up'], 1, Buffer.from('first '));
      await tree.finishUpload(['up'], Buffer.from('last'), { version: { author: null, keep } });
      expect(await saved('up')).toEqual(['first last']);
    });
  });

  test('metadata is the same, to the microsecond, after the workspace changes state', async () => {
    await tree.makeDirectory(['folder']);
    await write('folder/a.txt', 'x');
    const before = [await tree.stat(['folder', 'a.txt']), await tree.stat(['folder']), await tree.list([])];
    await turn();
    const after = [await tree.stat(['folder', 'a.txt']), await tree.stat(['folder']), await tree.list([])];
    expect(after).toEqual(before);
  });

  test('refuses a write without a parent, onto a directory, or through a file', async () => {
    await expect(write('no/such/a.txt', 'x')).rejects.toMatchObject(refused('not_found'));
    await tree.makeDirectory(['folder']);
    await expect(write('folder', 'x')).rejects.toMatchObject(refused('bad_request'));
    await write('a.txt', 'x');
    await expect(write('a.txt/b', 'x')).rejects.toMatchObject(refused('not_found'));
    await expect(tree.read(['folder'])).rejects.toMatchObject(refused('bad_request'));
    await expect(tree.read(['none'])).rejects.toMatchObject(refused('not_found'));
    await expect(tree.list(['a.txt'])).rejects.toMatchObject(refused('not_found'));
    await expect(tree.makeDirectory(['folder'])).rejects.toMatchObject(refused('already_exists'));
  });

  test('of twenty that write a new name with ifAbsent, one does', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) =>
        tree.write(['a.txt'], Buffer.from(String(at)), { ifAbsent: true }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await text('a.txt')).toBe('0');
  });

  test('a hundred updates at once lose none', async () => {
    await write('count', '0');
    const more = () => tree.update(['count'], (bytes) => Buffer.from(String(Number(bytes) + 1)));
    await Promise.all(Array.from({ length: 100 }, more));
    expect(await text('count')).toBe('100');
  });

  test('an update of nothing is told so, and may leave it at that', async () => {
    const seen: (Buffer | null)[] = [];
    const leave = (bytes: Buffer | null) => {
      seen.push(bytes);
      return null;
    };
    expect(await tree.update(['none'], leave)).toBeNull();
    expect(seen).toEqual([null]);
    expect(await tree.stat(['none'])).toBeNull();
  });

  test('moves a directory with all that is in it, checkpoints and trust included', async () => {
    await tree.makeDirectory(['from']);
    await write('from/a.txt', 'one');
    await tree.createCheckpoint(['from', 'a.txt']);
    await tree.trust(['from', 'a.txt'], 'digest');
    await write('from/a.txt', 'two');
    await tree.move(['from'], ['to']);
    expect(await names()).toEqual(['to']);
    expect(await text('to/a.txt')).toBe('two');
    expect(await tree.isTrusted(['to', 'a.txt'], 'digest')).toBe(true);
    await tree.restoreCheckpoint(['to', 'a.txt'], 'checkpoint');
    expect(await text('to/a.txt')).toBe('one');
    await turn();
    expect(await text('to/a.txt')).toBe('one');
    expect(await tree.listCheckpoints(['to', 'a.txt'])).toHaveLength(1);
  });

  test('a move never replaces and never goes into itself', async () => {
    await write('a.txt', 'a');
    await write('b.txt', 'b');
    await tree.makeDirectory(['folder']);
    await expect(tree.move(['a.txt'], ['b.txt'])).rejects.toMatchObject(refused('already_exists'));
    await expect(tree.move(['folder'], ['folder', 'in'])).rejects.toMatchObject(refused('bad_request'));
    await expect(tree.move(['none'], ['c.txt'])).rejects.toMatchObject(refused('not_found'));
    await expect(tree.move(['a.txt'], ['none', 'c.txt'])).rejects.toMatchObject(refused('not_found'));
    expect(await text('b.txt')).toBe('b');
  });

  test('copies trees, makes the parents, and keeps the original', async () => {
    await tree.makeDirectory(['from']);
    await write('from/a.txt', 'one');
    await tree.copy(['from'], ['deep', 'er', 'to']);
    await write('from/a.txt', 'two');
    expect(await text('deep/er/to/a.txt')).toBe('one');
    await expect(tree.copy(['from'], ['from', 'in'])).rejects.toMatchObject(refused('bad_request'));
    await turn();
    expect(await text('deep/er/to/a.txt')).toBe('one');
  });

  test('removes a directory with everything in it, and its checkpoints', async () => {
    await tree.makeDirectory(['folder']);
    await write('folder/a.txt', 'x');
    await tree.createCheckpoint(['folder', 'a.txt']);
    await tree.remove(['folder']);
    expect(await tree.stat(['folder'])).toBeNull();
    await expect(tree.remove(['folder'])).rejects.toMatchObject(refused('not_found'));
    await tree.makeDirectory(['folder']);
    await write('folder/a.txt', 'y');
    expect(await tree.listCheckpoints(['folder', 'a.txt'])).toEqual([]);
    await turn();
    expect(await names('folder')).toEqual(['a.txt']);
  });

  test('an upload in pieces is invisible until it is whole; a piece sent twice counts once', async () => {
    const piece = (letter: string) => Buffer.alloc(700_000, letter);
    await write('big.bin', 'as before');
    await tree.uploadChunk(['big.bin'], 1, piece('a'));
    await tree.uploadChunk(['big.bin'], 2, piece('x'));
    await tree.uploadChunk(['big.bin'], 2, piece('b'));
    expect(await text('big.bin')).toBe('as before');
    await turn();
    expect(await tree.finishUpload(['big.bin'], Buffer.from('end'))).toMatchObject({ sizeBytes: 1_400_003 });
    const whole = Buffer.concat([piece('a'), piece('b'), Buffer.from('end')]);
    expect((await tree.read(['big.bin'])).equals(whole)).toBe(true);
    await expect(tree.finishUpload(['big.bin'], Buffer.from('end'))).rejects.toMatchObject(
      refused('bad_request'),
    );
  });

  test('an upload with a gap is refused, and one that starts over forgets what was sent', async () => {
    await expect(tree.uploadChunk(['a'], 2, Buffer.from('x'))).rejects.toMatchObject(refused('bad_request'));
    await tree.uploadChunk(['a'], 1, Buffer.from('old '));
    await tree.uploadChunk(['a'], 2, Buffer.from('old '));
    await expect(tree.uploadChunk(['a'], 4, Buffer.from('x'))).rejects.toMatchObject(refused('bad_request'));
    await tree.uploadChunk(['a'], 1, Buffer.from('new '));
    await tree.finishUpload(['a'], Buffer.from('end'));
    expect(await text('a')).toBe('new end');
  });

  test('reads any range of a file of many chunks', async () => {
    const body = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => (at < 1_200_000 ? 0 : at % 251)));
    await tree.write(['big.bin'], body);
    for (const [start, end] of [
      [0, 10],
      [1_048_570, 1_048_590],
      [1_199_990, 2_499_999],
      [2_499_999, 9_999_999],
      [5_000_000, 5_000_001],
    ] as const) {
      const parts: Uint8Array[] = [];
      for await (const part of await tree.open(['big.bin'], { start, end })) parts.push(part);
      expect(Buffer.concat(parts).equals(body.subarray(start, end))).toBe(true);
    }
  });

  test('empty files, odd names and deep folders are like any other', async () => {
    const folders = Array.from({ length: 40 }, (_, at) => `f ${at} %2F é \n`);
    for (let depth = 1; depth <= folders.length; depth++) await tree.makeDirectory(folders.slice(0, depth));
    await tree.write([...folders, '-'], Buffer.alloc(0));
    await turn();
    expect((await tree.read([...folders, '-'])).length).toBe(0);
  });
});
