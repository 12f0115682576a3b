/** Each stuck state is caused on a real cell, and ended. What cannot come about by itself is written into the row. */
import { type RecoverReport, recoverReportSchema } from '@cellbook/shared/protocol/recover-api.ts';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, createTestRedisUrl, type TestDatabase } from '../../db/test-database.ts';
import { CrashCell } from '../crash/testing/crash-cell.ts';
import { viewHost } from '../crash/testing/host-view.ts';
import { createSubject, missingFiles, type Subject, save, writeAsCode } from '../crash/testing/subject.ts';
import { until } from '../crash/testing/until.ts';
import { eventually_nothing_leaked } from '../sim/invariants.ts';
import { PostgresWorkspaceStore } from '../stores/postgres-workspace-store.ts';
import type { WorkspaceRow } from '../stores/workspace-row.ts';

let database: TestDatabase;
let cell: CrashCell;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  const redisUrl = await createTestRedisUrl();
  cell = await CrashCell.create({ databaseUrl: database.url, redisUrl, driver: 'process', capacity: 8 });
  await cell.program.start();
}, 120_000);
afterAll(async () => {
  await cell?.stop();
  await database?.drop();
}, 60_000);
afterEach(() => cell.program.arm([]));

const ask = (subject: Subject, method: string, verb = '') =>
  cell.call(subject.user, method, `/v1/workspaces/${subject.id}${verb}`);

async function recover(subject: Subject): Promise<RecoverReport> {
  const { status, body } = await ask(subject, 'POST', '/recover');
  expect(status, JSON.stringify(body)).toBe(200);
  return recoverReportSchema.parse(body);
}

async function rowOf({ id }: Subject): Promise<WorkspaceRow> {
  const row = await new PostgresWorkspaceStore(cell.database).get(id);
  if (!row) throw new Error(`${id} has no row`);
  return row;
}

const untilPhase = (subject: Subject, phase: string) =>
  until(`it is ${phase}`, async () => (await rowOf(subject)).phase === phase, 30_000);

async function saved(): Promise<Subject> {
  const subject = await createSubject(cell);
  await save(cell, subject, 'saved.txt');
  return subject;
}

async function running(): Promise<Subject> {
  const subject = await saved();
  await ask(subject, 'POST', '/resume');
  await untilPhase(subject, 'running');
  return subject;
}

const states = ({ found }: RecoverReport) => found.map(({ state }) => state);

/** Nothing was lost, and a second call finds and does nothing. */
async function isInOrder(subject: Subject): Promise<void> {
  const before = await rowOf(subject);
  expect(await recover(subject)).toMatchObject({ found: [], done: [], settled: true });
  const { epoch, generation, phase } = await rowOf(subject);
  expect({ epoch, generation, phase }).toEqual({
    ...{ epoch: before.epoch, generation: before.generation, phase: before.phase },
  });
  expect(await missingFiles(cell, subject)).toEqual([]);
}

describe('recover', () => {
  it('of a workspace in order changes nothing, whether it runs or rests', async () => {
    const subject = await running();
    await isInOrder(subject);
    await ask(subject, 'POST', '/suspend');
    await untilPhase(subject, 'suspended');
    await isInOrder(subject);
  });

  it('tries at once what waits out its back-off', async () => {
    const subject = await saved();
    await cell.program.arm([`lifecycle.resume.attach_files.recorded#${subject.id}=error:store_unavailable`]);
    await ask(subject, 'POST', '/resume');
    await untilPhase(subject, 'failed');
    await cell.database.execute(
      sql`update workspaces set retry_at = now() + interval '1 hour' where id = ${subject.id}`,
    );
    const report = await recover(subject);
    expect(states(report)).toEqual(['backing_off']);
    expect(report).toMatchObject({ settled: true, workspace: { phase: 'running', problem: null } });
    await isInOrder(subject);
  });

  it('takes a half-started one from a holder that is dead and whose lease has not ended', async () => {
    const subject = await saved();
    await cell.database.execute(sql`
      update workspaces set desired = 'running', phase = 'resuming', epoch = 7,
        lease_holder = 'test-1-a/dead', lease_expires_at = now() + interval '1 hour'
      where id = ${subject.id}`);
    const report = await recover(subject);
    expect(states(report)).toEqual(['lease_of_another', 'interrupted']);
    expect(report).toMatchObject({ settled: true, workspace: { phase: 'running' } });
    expect((await rowOf(subject)).epoch).toBeGreaterThan(7);
    await isInOrder(subject);
  });

  it('cleans up after a row that runs without a sandbox', async () => {
    const subject = await saved();
    await cell.database.execute(sql`
      update workspaces set desired = 'running', phase = 'running', epoch = 3, host_id = 'test-1-a',
        lease_holder = 'test-1-a/dead', lease_expires_at = now() + interval '1 hour'
      where id = ${subject.id}`);
    const report = await recover(subject);
    expect(states(report)).toContain('running_without_sandbox');
    // Nobody waits for it, so it comes back at its next need.
    expect(report).toMatchObject({ settled: true, workspace: { phase: 'suspended', desired: 'running' } });
    await isInOrder(subject);
  });

  it('ends a sandbox without a row, and keeps what code wrote on a host that nobody owns any more', async () => {
    const subject = await running();
    await writeAsCode(cell, subject, 'by-code.txt');
    await cell.database.execute(sql`
      update workspaces set desired = 'suspended', phase = 'suspended', host_id = null,
        lease_holder = null, lease_expires_at = null
      where id = ${subject.id}`);
    const report = await recover(subject);
    expect(states(report)).toEqual(expect.arrayContaining(['files_without_owner']));
    expect(report.settled).toBe(true);
    expect((await viewHost(cell)).records.some(({ workspaceId }) => workspaceId === subject.id)).toBe(false);
    const ofIt = (await viewHost(cell)).things.filter(({ workspaceId }) => workspaceId === subject.id);
    expect(eventually_nothing_leaked(ofIt, new Set())).toBeNull();
    await isInOrder(subject);
  });

  it('catches up with files that have seen a newer epoch than the row', async () => {
    const subject = await saved();
    await cell.database.execute(sql`update volumes set epoch = 1000 where workspace_id = ${subject.id}`);
    await ask(subject, 'POST', '/resume');
    const report = await recover(subject);
    expect(states(report)).toContain('files_ahead');
    expect(report).toMatchObject({ settled: true, workspace: { phase: 'running' } });
    expect((await rowOf(subject)).epoch).toBeGreaterThan(1000);
    await isInOrder(subject);
  });

  it('lets go of a host that the cell does not have any more', async () => {
    const subject = await saved();
    await cell.database.execute(sql`
      update workspaces set desired = 'running', phase = 'running', epoch = 3, host_id = 'gone-1'
      where id = ${subject.id}`);
    const report = await recover(subject);
    expect(states(report)).toContain('host_unknown');
    expect(report).toMatchObject({ settled: true, workspace: { phase: 'suspended' } });
    await ask(subject, 'POST', '/resume');
    await untilPhase(subject, 'running');
    await isInOrder(subject);
  });

  it('goes on with a delete that failed, and with a purge that kept failing', async () => {
    const subject = await running();
    await cell.program.arm([
      `lifecycle.delete.stop_sandbox.recorded#${subject.id}=error:sandbox_unavailable`,
    ]);
    await ask(subject, 'DELETE');
    await untilPhase(subject, 'failed');
    await cell.database.execute(
      sql`update workspaces set retry_at = now() + interval '1 hour' where id = ${subject.id}`,
    );
    const deleted = await recover(subject);
    // What the failed attempt left running may have been seen as well.
    expect(states(deleted)).toContain('backing_off');
    expect(deleted).toMatchObject({ settled: true, workspace: { phase: 'deleted' } });

    const failing = Array.from({ length: 50 }, (_, hit) => `objects.delete.before@${hit + 1}`);
    await cell.program.arm(failing.map((rule) => `${rule}#${subject.volumeId}=error:store_unavailable`));
    await cell.database.execute(sql`update workspaces set undo_until = now() where id = ${subject.id}`);
    await until('the purge fails', () =>
      cell.program.log().includes(`objects.delete.before@1#${subject.volumeId}`),
    );
    const stuck = await recover(subject);
    expect(stuck.settled).toBe(false);
    await cell.program.arm([]);
    await recover(subject).catch(() => {});
    await until('it is purged', async () => (await rowOf(subject)).purgedAtMs !== null);
  }, 90_000);
});
