/** Pieces become an object, in a directory and in a real S3 server alike. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resultKeyOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attemptNumber, jobNumber } from '../testing/events.ts';
import type { ObjectStore } from './object-store.ts';
import { openObjects } from './open-objects.ts';

const directory = mkdtempSync(join(tmpdir(), 'cellbook-objects-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let keys = 0;
const newKey = () => resultKeyOf(jobNumber(1), attemptNumber(++keys), 'out.mp4');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const whole = Buffer.from('the whole of a video');

async function bytesOf(store: ObjectStore, key: string, range?: { first: number; last: number }) {
  const found = await store.read(key, range);
  return found && Buffer.concat(await found.stream.toArray()).toString();
}

function conformance(open: () => ObjectStore): void {
  test('an object is there when its last piece came, and not before', async () => {
    const [store, key] = [open(), newKey()];
    expect(await store.kept(key)).toEqual({ bytes: 0, isComplete: false });
    expect(await store.write(key, 0, whole.subarray(0, 9))).toEqual({ kind: 'kept', bytes: 9 });
    expect([await store.size(key), await store.read(key)]).toEqual([null, null]);
    expect(await open().kept(key)).toEqual({ bytes: 9, isComplete: false });
    const last = await store.write(key, 9, whole.subarray(9), sha256(whole));
    expect(last).toEqual({ kind: 'complete', bytes: whole.length });
    expect(await store.kept(key)).toEqual({ bytes: whole.length, isComplete: true });
    expect(await bytesOf(store, key)).toBe(whole.toString());
    expect(await bytesOf(store, key, { first: 4, last: 8 })).toBe('whole');
  });

  test('a piece that comes twice, or not where the last one ended, changes nothing', async () => {
    const [store, key] = [open(), newKey()];
    await store.write(key, 0, whole.subarray(0, 9));
    expect(await store.write(key, 0, whole.subarray(0, 9))).toEqual({ kind: 'elsewhere', bytes: 9 });
    expect(await store.write(key, 12, whole.subarray(12))).toEqual({ kind: 'elsewhere', bytes: 9 });
    const twice = await Promise.all([1, 2].map(() => store.write(key, 9, whole.subarray(9), sha256(whole))));
    expect(twice.map(({ kind }) => kind)).toEqual(['complete', 'complete']);
    expect(await bytesOf(store, key)).toBe(whole.toString());
  });

  test('what is not what was meant is not kept, and can be brought anew', async () => {
    const [store, key] = [open(), newKey()];
    expect(await store.write(key, 0, whole, sha256(Buffer.from('other')))).toEqual({ kind: 'corrupt' });
    expect(await store.kept(key)).toEqual({ bytes: 0, isComplete: false });
    expect((await store.write(key, 0, whole, sha256(whole))).kind).toBe('complete');
    await store.remove(key);
    await store.remove(key);
    expect(await store.size(key)).toBeNull();
  });

  test('an upload that nobody goes on with is removed, and what is whole stays', async () => {
    const [store, key, kept] = [open(), newKey(), newKey()];
    await store.write(key, 0, whole.subarray(0, 9));
    await store.write(kept, 0, whole, sha256(whole));
    await store.removeAbandoned(0);
    expect((await store.kept(key)).bytes).toBe(9);
    expect(await store.removeAbandoned(Date.now() + 60_000)).toBeGreaterThan(0);
    expect(await store.kept(key)).toEqual({ bytes: 0, isComplete: false });
    expect(await store.size(kept)).toBe(whole.length);
  });

  test('what lies under a job’s prefix is listed when it is whole, and nobody else’s', async () => {
    const store = open();
    const prefix = `results/${jobNumber(2)}/`;
    const keyOf = (job: number, attempt: number, name: string) =>
      resultKeyOf(jobNumber(job), attemptNumber(attempt), name);
    expect(await store.list(prefix)).toEqual([]);
    const mine = [keyOf(2, 1, 'a.mp4'), keyOf(2, 1, 'b.mp4'), keyOf(2, 2, 'a.mp4')];
    for (const key of [...mine, keyOf(3, 1, 'a.mp4')]) await store.write(key, 0, whole, sha256(whole));
    await store.write(keyOf(2, 3, 'a.mp4'), 0, whole);
    expect((await store.list(prefix)).sort()).toEqual(mine);
    await store.remove(mine[0] ?? '');
    expect(await store.list(prefix)).toHaveLength(2);
    for (const none of ['', 'results/', '../', `results/${jobNumber(2)}`])
      await expect(store.list(none)).rejects.toThrow();
  });

  test('a key that is none reaches nothing', async () => {
    const store = open();
    for (const key of ['results/../secret', '/etc/passwd', 'results/job-1/att-1/x'])
      await expect(store.kept(key)).rejects.toThrow();
  });
}

describe('a directory', () => conformance(() => openObjects(`file:${directory}/whole`, directory)));

describe('S3', () => {
  let server: S3rver;
  let url = '';
  beforeAll(async () => {
    const configureBuckets = [{ name: 'videos', configs: [] }];
    server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      directory: join(directory, 's3'),
      silent: true,
      configureBuckets,
    });
    const { port } = await server.run();
    const query = `endpoint=http://127.0.0.1:${port}&pathStyle=true&accessKeyId=S3RVER&secretAccessKey=S3RVER`;
    url = `s3://videos/eu?${query}`;
  });
  afterAll(() => server.close());
  conformance(() => openObjects(url, directory));
});
