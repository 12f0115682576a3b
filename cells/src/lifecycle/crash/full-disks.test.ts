/**
 * Disks that are full and an S3 that fails, under real programs: each store on a small disk of its own. Judged as
 * the crash matrix judges: refused by a code, nothing acknowledged lost, over when there is room again.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FailingStores, startFailingStores } from '../../../../ops/test/failing-stores.ts';
import { type S3Server, startS3 } from '../../storage/objects/testing/s3-server.ts';
import { PostgresWorkspaceStore } from '../stores/postgres-workspace-store.ts';
import { CrashCell } from './testing/crash-cell.ts';
import { createSubject, missingFiles, type Subject, save, writeAsCode } from './testing/subject.ts';
import { until } from './testing/until.ts';

let directory: string;
let stores: FailingStores;
let s3: S3Server;
let cell: CrashCell;
const postgresDisk = () => join(directory, 'stores');
const s3Disk = () => join(directory, 's3');
const hostDisk = () => join(cell.directory, 'daemon');

async function mountDisk(path: string, mebibytes: number): Promise<void> {
  await mkdir(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=755`, 'tmpfs', path]);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-full-'));
  await mountDisk(postgresDisk(), 256);
  await mountDisk(s3Disk(), 16);
  stores = await startFailingStores(postgresDisk());
  s3 = await startS3(s3Disk());
  cell = await CrashCell.create({
    ...{ databaseUrl: stores.postgres.url, redisUrl: stores.redis.url, driver: 'process', capacity: 8 },
    daemon: true,
    settings: { CELLBOOK_OBJECTS: s3.url },
  });
  await mountDisk(hostDisk(), 128);
  await cell.startAll();
}, 120_000);
afterEach(() => {
  s3.become({ is: 'open' });
});
afterAll(async () => {
  await cell?.stop();
  await s3?.stop();
  await stores?.stop();
  // The cell unmounts what is below its own directory.
  for (const disk of [postgresDisk(), s3Disk()]) execFileSync('umount', ['--lazy', disk]);
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const ask = (subject: Subject, method: string, verb = '') =>
  cell.call(subject.user, method, `/v1/workspaces/${subject.id}${verb}`);

const phaseOf = async ({ id }: Subject) =>
  (await new PostgresWorkspaceStore(cell.database).get(id).catch(() => null))?.phase;

const untilPhase = (subject: Subject, phase: string) =>
  until(`it is ${phase}`, async () => (await phaseOf(subject)) === phase, 60_000);

async function running(): Promise<Subject> {
  const subject = await createSubject(cell);
  await save(cell, subject, 'saved.txt');
  await ask(subject, 'POST', '/resume');
  await untilPhase(subject, 'running');
  await save(cell, subject, 'saved-while-running.txt');
  return subject;
}

async function suspend(subject: Subject): Promise<void> {
  await ask(subject, 'POST', '/suspend');
  await untilPhase(subject, 'suspended');
}

/** Nobody is told that it is kept. */
const put = (subject: Subject, path: string, content = 'refused') =>
  cell.call(subject.user, 'PUT', `/w/${subject.id}/api/contents/${path}`, {
    ...{ type: 'file', format: 'text', content },
  });

/** Takes what is left of a disk, to the last block; gives back what makes room again. */
async function fill(disk: string): Promise<() => Promise<void>> {
  const path = join(disk, 'filler');
  const filler = await open(path, 'w');
  try {
    for (;;) await filler.write(Buffer.alloc(65_536, 1));
  } catch {
    expect((await statfs(disk)).bavail).toBe(0);
  } finally {
    await filler.close();
  }
  return () => rm(path);
}

test.each([
  ['answers every request with an error', async () => s3.become({ is: 'failing' }), async () => {}],
  ['is stopped, and started again', () => s3.shut(), () => s3.open()],
])(
  'an S3 that %s refuses saves by a code and loses none; suspended meanwhile, all is stored when it is back',
  async (_how, fail, mend) => {
    const subject = await running();
    await fail();
    const refused = await put(subject, 'refused.txt');
    await writeAsCode(cell, subject, 'by-code.txt');
    await ask(subject, 'POST', '/suspend');
    await untilPhase(subject, 'failed');
    s3.become({ is: 'open' });
    await mend();
    expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
    const recovered = await ask(subject, 'POST', '/recover');
    expect(recovered).toMatchObject({
      status: 200,
      body: { settled: true, workspace: { phase: 'suspended' } },
    });
    expect(await missingFiles(cell, subject)).toEqual([]);
  },
  120_000,
);

test('an S3 that is slow delays a save, and refuses none', async () => {
  const subject = await running();
  s3.become({ is: 'slow', ms: 300 });
  const before = s3.requests;
  await save(cell, subject, 'slowly.txt');
  expect(s3.requests).toBeGreaterThan(before);
  await suspend(subject);
  expect(await missingFiles(cell, subject)).toEqual([]);
}, 120_000);

test('a full disk under S3 refuses saves by a code, loses none, and is over when there is room', async () => {
  const subject = await running();
  const makeRoom = await fill(s3Disk());
  const refused = await put(subject, 'refused.txt', 'x'.repeat(100_000));
  await makeRoom();
  expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  expect(await missingFiles(cell, subject)).toEqual([]);
  await save(cell, subject, 'room-again.txt');
  await suspend(subject);
  expect(await missingFiles(cell, subject)).toEqual([]);
}, 120_000);

test('a full disk under the live directories refuses saves by a code, loses none, and is over when there is room', async () => {
  const subject = await running();
  const waiting = await createSubject(cell);
  await save(cell, waiting, 'saved.txt');
  const makeRoom = await fill(hostDisk());
  const refused = await put(subject, 'refused.txt');
  await ask(waiting, 'POST', '/resume');
  await untilPhase(waiting, 'failed');
  const failed = await new PostgresWorkspaceStore(cell.database).get(waiting.id);
  const deleted = await cell.call(subject.user, 'DELETE', `/w/${subject.id}/api/contents/saved.txt`);
  subject.kept.delete('saved.txt');
  await makeRoom();
  expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  expect(failed).toMatchObject({ problemCode: 'capacity_exhausted' });
  expect(deleted.status).toBe(204);
  expect(await missingFiles(cell, subject)).toEqual([]);
  await untilPhase(waiting, 'running');
  await save(cell, subject, 'room-again.txt');
  await Promise.all([suspend(subject), suspend(waiting)]);
  expect([...(await missingFiles(cell, subject)), ...(await missingFiles(cell, waiting))]).toEqual([]);
}, 120_000);

test('a full disk under Postgres refuses what needs it by a code, loses nothing, and is over when there is room', async () => {
  const subject = await running();
  const makeRoom = await fill(postgresDisk());
  const content = 'x'.repeat(1_500);
  // Pages that are there already take some more.
  let answer = await put(subject, 'save.txt', content);
  for (let attempt = 0; answer.status < 300 && attempt < 200; attempt++) {
    subject.kept.set('save.txt', [content]);
    answer = await put(subject, 'save.txt', content);
  }
  expect(answer).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  expect(await missingFiles(cell, subject)).toEqual([]);
  await makeRoom();
  await until('the store answers', async () => (await phaseOf(subject)) !== undefined);
  expect(await missingFiles(cell, subject)).toEqual([]);
  await save(cell, subject, 'room-again.txt');
  await suspend(subject);
  expect(await missingFiles(cell, subject)).toEqual([]);
}, 180_000);
