/** Storage on what it runs on: Postgres, S3, two hosts. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import S3rver from 's3rver';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../db/test-database.ts';
import { createPostgresManifestStore } from './manifests/postgres-manifest-store.ts';
import { openObjectStore } from './objects/open-object-store.ts';
import { startTestHost } from './test-volumes.ts';

test('a workspace moves from host to host over Postgres and S3, and leaves nothing when it is destroyed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3-'));
  const configureBuckets = [{ name: 'cells', configs: [] }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await server.run();
  const { database, drop } = await createTestDatabase();
  const keys = 'accessKeyId=S3RVER&secretAccessKey=S3RVER';
  const url = `s3://cells/eu-1?endpoint=http://127.0.0.1:${port}&pathStyle=true&${keys}`;
  const tools = { clock: systemClock, random: systemRandom };
  const stores = { manifests: createPostgresManifestStore(database), objects: openObjectStore(url, tools) };
  const one = await startTestHost(stores);
  const two = await startTestHost({ ...stores, host: hostIdSchema.parse('eu-1-b') });
  const { signal } = new AbortController();
  const id = newWorkspaceId(systemRandom);

  await one.volumes.create(id);
  const { directory: first } = await one.volumes.attach(id, 1, signal);
  const tree = await one.volumes.files(id);
  const big = systemRandom.bytes(60_000);
  await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      tree.write([`saved ${at}`], Buffer.concat([big, Buffer.from([at])])),
    ),
  );
  await writeFile(join(first, 'by code'), 'written');
  await one.volumes.flush(id, 1, signal);
  await rm(one.hostDirectory, { recursive: true });
  const { directory: second } = await two.volumes.attach(id, 2, signal);
  for (let at = 0; at < 10; at++)
    expect(await readFile(join(second, `saved ${at}`))).toEqual(Buffer.concat([big, Buffer.from([at])]));
  expect(await readFile(join(second, 'by code'), 'utf8')).toBe('written');
  expect((await two.volumes.versions(id, 100)).length).toBeGreaterThanOrEqual(11);

  await two.volumes.destroy(id);
  const left: string[] = [];
  for await (const key of stores.objects.list('')) left.push(key);
  expect(left).toEqual([]);
  await one.close();
  await two.close();
  await drop();
  await server.close();
  await rm(directory, { recursive: true });
}, 60_000);
