/**
 * What fails around a cell, on real parts: its stores, its disks, its clock, its sandboxes, and a controller
 * that sleeps through its own replacement. Judged as the crash matrix judges.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@cellbook/shared/ports.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FailingStores, startFailingStores } from '../../../../ops/test/failing-stores.ts';
import { PostgresWorkspaceStore } from '../stores/postgres-workspace-store.ts';
import type { WorkspaceRow } from '../stores/workspace-row.ts';
import { CrashCell } from './testing/crash-cell.ts';
import { viewHost } from './testing/host-view.ts';
import { judgeWorkspace } from './testing/judge.ts';
import { Program } from './testing/program.ts';
import { createSubject, missingFiles, type Subject, save, trySave, writeAsCode } from './testing/subject.ts';
import { until } from './testing/until.ts';

let directory: string;
let stores: FailingStores;
let cell: CrashCell;
const smallDisk = () => join(directory, 'small-disk');
const clockFile = () => join(directory, 'clock-offset');

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-faults-'));
  stores = await startFailingStores(directory);
  await mkdir(smallDisk());
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', smallDisk()]);
  await writeFile(clockFile(), '0');
  cell = await CrashCell.create({
    ...{ databaseUrl: stores.postgres.url, redisUrl: stores.redis.url, driver: 'process', capacity: 8 },
    daemon: true,
    settings: {
      CELLBOOK_OBJECTS: `file:${join(smallDisk(), 'objects')}`,
      CELLBOOK_CLOCK_OFFSET_FILE: clockFile(),
    },
  });
  await cell.startAll();
}, 120_000);
afterAll(async () => {
  await cell?.stop();
  await stores?.stop();
  execFileSync('umount', ['--lazy', smallDisk()]);
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const ask = (subject: Subject, method: string, verb = '') =>
  cell.call(subject.user, method, `/v1/workspaces/${subject.id}${verb}`);

async function rowOf({ id }: Subject): Promise<WorkspaceRow> {
  const row = await new PostgresWorkspaceStore(cell.database).get(id);
  if (!row) throw new Error(`${id} has no row`);
  return row;
}

const untilPhase = (subject: Subject, phase: string) =>
  until(`it is ${phase}`, async () => (await rowOf(subject).catch(() => null))?.phase === phase, 60_000);

async function running(): Promise<Subject> {
  const subject = await createSubject(cell);
  await save(cell, subject, 'saved.txt');
  await ask(subject, 'POST', '/resume');
  await untilPhase(subject, 'running');
  return subject;
}

const recordsOf = async ({ id }: Subject) =>
  (await viewHost(cell)).records.filter(({ workspaceId }) => workspaceId === id);

async function suspend(subject: Subject): Promise<void> {
  await ask(subject, 'POST', '/suspend');
  await untilPhase(subject, 'suspended');
}

const put = async (subject: Subject, path: string) =>
  cell.call(subject.user, 'PUT', `/w/${subject.id}/api/contents/${path}`, {
    ...{ type: 'file', format: 'text', content: 'refused' },
  });

test('a sandbox killed by the machine is cleaned up, its files are kept, and it comes back at its next need', async () => {
  const subject = await running();
  await writeAsCode(cell, subject, 'by-code.txt');
  const dead = await rowOf(subject);
  const { things } = await viewHost(cell);
  const own = things.filter(({ kind, workspaceId }) => kind === 'process' && workspaceId === subject.id);
  expect(own.length).toBeGreaterThan(0);
  for (const { name } of own) process.kill(Number(name.split(' ')[0]), 'SIGKILL');
  await untilPhase(subject, 'suspended');
  expect((await rowOf(subject)).problem).toContain('ended unexpectedly');
  expect(await judgeWorkspace(cell, subject, 'suspended', dead)).toEqual([]);
  await ask(subject, 'POST', '/resume');
  await untilPhase(subject, 'running');
  expect(await judgeWorkspace(cell, subject, 'running', dead)).toEqual([]);
  await suspend(subject);
}, 120_000);

test('with Redis stopped under it everything works on, and it is used again when it is back', async () => {
  await stores.redis.stop();
  const subject = await running();
  await save(cell, subject, 'without-redis.txt');
  await suspend(subject);
  expect(await missingFiles(cell, subject)).toEqual([]);
  await stores.redis.start();
  await until('Redis is used again', async () => {
    const ready = await (await fetch(`${cell.url}/readyz`)).json();
    return typeof ready === 'object' && ready !== null && 'redis' in ready && ready.redis === true;
  });
}, 120_000);

test('Postgres restarted in the middle of a resume and of a save: both end well, or were never acknowledged', async () => {
  const [resuming, saving] = [await createSubject(cell), await running()];
  await save(cell, resuming, 'saved.txt');
  await cell.program.arm([`lifecycle.resume.start_sandbox.recorded#${resuming.id}=hang`]);
  const asked = ask(resuming, 'POST', '/resume').catch(() => null);
  await until('it is in the middle', () => cell.program.log().includes('start_sandbox.recorded'));
  const saves = ['one.txt', 'two.txt', 'saved.txt'].map((path) => trySave(cell, saving, path));
  await stores.postgres.stop();
  await Promise.all(saves);
  await stores.postgres.start();
  await until('the store answers', async () => (await rowOf(saving).catch(() => null)) !== null);
  expect(await missingFiles(cell, saving)).toEqual([]);
  await save(cell, saving, 'after.txt');
  // The one that hangs is its controller's to end: by dying.
  const dead = await rowOf(resuming);
  await cell.program.kill();
  await asked;
  await cell.program.arm([]);
  await cell.program.start();
  await untilPhase(resuming, 'running');
  expect(await judgeWorkspace(cell, resuming, 'running', dead)).toEqual([]);
  await Promise.all([suspend(resuming), suspend(saving)]);
  expect(await missingFiles(cell, saving)).toEqual([]);
}, 180_000);

test('an object store that fails refuses saves by a code and loses none; when it is back, all goes on', async () => {
  const subject = await running();
  const objects = join(smallDisk(), 'objects');
  await rename(objects, `${objects}.away`);
  await writeFile(objects, 'not a directory');
  const refused = await put(subject, 'refused.txt');
  expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  await writeAsCode(cell, subject, 'by-code.txt');
  // A suspend waits for its files: nothing is taken off the host before it is stored.
  await ask(subject, 'POST', '/suspend');
  await untilPhase(subject, 'failed');
  await rm(objects);
  await rename(`${objects}.away`, objects);
  const recovered = await ask(subject, 'POST', '/recover');
  expect(recovered).toMatchObject({
    status: 200,
    body: { settled: true, workspace: { phase: 'suspended' } },
  });
  expect(await missingFiles(cell, subject)).toEqual([]);
}, 120_000);

test('a full disk under the object store refuses saves by a code, loses none, and is over when there is room', async () => {
  const subject = await running();
  const filler = join(smallDisk(), 'filler');
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k', 'count=1000'], { stdio: 'ignore' });
  } catch {
    // until it is full
  }
  const refused = await put(subject, 'refused.txt');
  expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  expect(await missingFiles(cell, subject)).toEqual([]);
  await rm(filler);
  await save(cell, subject, 'room-again.txt');
  await suspend(subject);
  expect(await missingFiles(cell, subject)).toEqual([]);
}, 120_000);

test('a clock set hours forwards and back costs no lease, and never a second sandbox', async () => {
  const subject = await running();
  await cell.database.execute(
    sql`update workspaces set idle_suspend_seconds = null where id = ${subject.id}`,
  );
  const before = await rowOf(subject);
  const sweeps = async () => {
    const seen = (await rowOf(subject)).leaseExpiresAtMs;
    await until('its lease is renewed', async () => (await rowOf(subject)).leaseExpiresAtMs !== seen, 30_000);
  };
  for (const hours of [5, -5]) {
    await writeFile(clockFile(), String(hours * 3_600_000));
    await sweeps();
    const { epoch, phase } = await rowOf(subject);
    expect({ hours, epoch, phase }).toEqual({ hours, epoch: before.epoch, phase: 'running' });
    expect(await recordsOf(subject)).toHaveLength(1);
  }
  await writeFile(clockFile(), '0');
  await suspend(subject);
  expect(await missingFiles(cell, subject)).toEqual([]);
}, 120_000);

test('a controller that slept through its replacement is refused by row, host and files when it wakes', async () => {
  const subject = await running();
  const dead = await rowOf(subject);
  await cell.program.kill('SIGSTOP');
  // As when its connections are cut: the lock of its name is free.
  await cell.database.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`);
  const successor = await startSuccessor();
  try {
    await until('it is taken over', async () => (await rowOf(subject)).epoch > dead.epoch);
    await cell.program.kill('SIGCONT');
    await until('it notices', () => cell.program.log().includes('lease lost'), 60_000);
    expect(await recordsOf(subject)).toHaveLength(1);
    expect(await judgeWorkspace(cell, subject, 'running', dead)).toEqual([]);
    expect((await rowOf(subject)).leaseHolder).not.toBe(dead.leaseHolder);
  } finally {
    await cell.program.kill();
    await successor.kill('SIGTERM');
    await cell.program.start();
  }
  await until(
    'it is ours again',
    async () => (await recordsOf(subject))[0]?.epoch === (await rowOf(subject)).epoch,
  );
  await suspend(subject);
  expect(await missingFiles(cell, subject)).toEqual([]);
}, 180_000);

async function startSuccessor(): Promise<Program> {
  const port = await freePort();
  const failpointFile = join(directory, 'successor-failpoints');
  const successor = new Program({
    mainFile: join(import.meta.dirname, '../../main.ts'),
    healthUrl: `http://127.0.0.1:${port}/healthz`,
    failpointFile,
    environment: {
      ...cell.environment,
      ...{ CELLBOOK_PORT: String(port), CELLBOOK_DATA_DIR: join(directory, 'successor') },
    },
  });
  await successor.arm([]);
  await successor.start();
  return successor;
}
