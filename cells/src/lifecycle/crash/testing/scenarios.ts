/**
 * How each scenario of the matrix is brought about on a running cell: where the workspace is before, what
 * its owner asks for, whether a death comes first, and where it has to come to rest.
 */

import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import { sql } from 'drizzle-orm';
import { createPostgresRestStore } from '../../../ladder/postgres-rest-store.ts';
import { isFrozen } from '../../../ladder/rest.ts';
import type { PreparedScenario } from '../cases.ts';
import type { CrashCell } from './crash-cell.ts';
import { restoreAgain, restoreUnanswered, saveTwice } from './restore-version.ts';
import { type Subject, trySave } from './subject.ts';
import { until } from './until.ts';

export interface Scenario {
  /** At rest: it ran, and its memory is kept. */
  from: 'suspended' | 'running' | 'at rest' | 'deleted';
  /** What else it needs before. */
  ready?(cell: CrashCell, subject: Subject): Promise<void>;
  /** What happens once the failpoints are armed. */
  act(cell: CrashCell, subject: Subject): Promise<void>;
  /** The process dies here first (`kill`: wherever it is), and the failpoint is met by its successor. */
  deathBefore?: 'kill' | string;
  /** The client's own next try, once the process is back; says what is wrong with its answer. */
  again?(cell: CrashCell, subject: Subject): Promise<string[]>;
  /** Rules that make the way to the failpoint. */
  also?: readonly string[];
  wanted: Phase | 'purged';
  /** Where sandboxes outlive their controller: with a daemon as host. */
  needsDaemon?: boolean;
  /** On a host that keeps memory: its variables must be there afterwards. */
  keepsMemory?: boolean;
  /** … but for those that are meant to be forgotten. */
  forgets?: boolean;
  /** They lie on a disk: the host may die, too. Elsewhere it takes them with it, and the next resume says so. */
  outlivesHost?: boolean;
}

const ask =
  (method: string, path: string) =>
  async (cell: CrashCell, { user, id }: Subject) => {
    // The process may be dead before it has answered: what counts is what it had written.
    await cell.call(user, method, `/v1/workspaces/${id}${path}`).catch(() => null);
  };
const nothing = async () => {};
const askSuspend = ask('POST', '/suspend');
const askDelete = ask('DELETE', '');
const askResume = ask('POST', '/resume');

export const scenarios: Record<PreparedScenario, Scenario> = {
  resume: { from: 'suspended', act: askResume, wanted: 'running' },
  suspend: { from: 'running', act: askSuspend, wanted: 'suspended' },
  suspend_without_sandbox: {
    ...{ from: 'running', act: askSuspend, wanted: 'suspended' },
    deathBefore: 'lifecycle.suspend.quiesce_gateway.recorded',
  },
  /** Nobody waits for it: it is dormant until it is needed. */
  give_up_sandbox_without_sandbox: {
    ...{ from: 'running', act: nothing, wanted: 'suspended' },
    deathBefore: 'kill',
  },
  /** The controller dies, the sandbox lives on in its daemon; the next controller dies while it takes it over. */
  adopt: { from: 'running', act: nothing, deathBefore: 'kill', wanted: 'running', needsDaemon: true },
  delete: { from: 'running', act: askDelete, wanted: 'deleted' },
  delete_without_sandbox: {
    ...{ from: 'running', act: askDelete, wanted: 'deleted' },
    deathBefore: 'lifecycle.delete.quiesce_gateway.recorded',
  },
  delete_without_steps: { from: 'suspended', act: askDelete, wanted: 'deleted' },
  resume_at_rest: { from: 'at rest', act: askResume, wanted: 'running', keepsMemory: true },
  resume_stored: {
    from: 'at rest',
    ready: untilStored,
    act: askResume,
    wanted: 'running',
    keepsMemory: true,
    outlivesHost: true,
  },
  /** Its sandbox goes on already when its controller dies, and what was kept of it is still there. */
  adopt_resumed: {
    ...{ from: 'at rest', act: askResume, wanted: 'running', keepsMemory: true },
    deathBefore: 'rests.remove.before',
  },
  suspend_to_sleep: { from: 'running', act: askSuspend, wanted: 'suspended', keepsMemory: true },
  suspend_cut_short: {
    ...{ from: 'running', act: askSuspend, wanted: 'suspended', keepsMemory: true },
    deathBefore: 'lifecycle.suspend.quiesce_gateway.recorded',
  },
  suspend_falling_asleep: {
    ...{ from: 'running', act: askSuspend, wanted: 'suspended', keepsMemory: true },
    deathBefore: 'lifecycle.suspend.sleep_sandbox.after',
  },
  give_up_resume_at_rest: {
    ...{ from: 'at rest', act: askResume, wanted: 'running', keepsMemory: true },
    deathBefore: 'lifecycle.resume.attach_files.after',
  },
  tend_frozen: { from: 'at rest', act: endItsTime, wanted: 'suspended', keepsMemory: true },
  /** What is too old is forgotten, and so are the variables. */
  tend_stored: {
    ...{ from: 'at rest', ready: untilStored, act: endItsTime, wanted: 'suspended' },
    ...{ keepsMemory: true, forgets: true },
  },
  delete_at_rest: { from: 'at rest', act: askDelete, wanted: 'deleted', keepsMemory: true, forgets: true },
  restore: { from: 'deleted', act: ask('POST', '/undelete'), wanted: 'suspended' },
  purge: { from: 'deleted', act: endUndo, wanted: 'purged' },
  save_while_running: { from: 'running', act: saveUnanswered, wanted: 'running' },
  save_while_suspended: { from: 'suspended', act: saveUnanswered, wanted: 'suspended' },
  restore_version: {
    ...{ from: 'suspended', ready: saveTwice, act: restoreUnanswered, again: restoreAgain },
    wanted: 'suspended',
  },
};

/** A new file and a new version of an old one; whoever dies before it has answered may have kept either. */
async function saveUnanswered(cell: CrashCell, subject: Subject): Promise<void> {
  const paths = ['saved-while-suspended.txt', 'new.txt'];
  await Promise.all(paths.map((path) => trySave(cell, subject, path)));
}

/** As if the week had passed. */
async function endUndo(cell: CrashCell, { id }: Subject): Promise<void> {
  await cell.database.execute(sql`update workspaces set undo_until = now() where id = ${id}`);
}

/** As if its time had passed. */
export async function endItsTime(cell: CrashCell, { id }: Subject): Promise<void> {
  await cell.database.execute(
    sql`update workspace_rests set due_at = now() - interval '1 second' where workspace_id = ${id}`,
  );
}

export async function untilStored(cell: CrashCell, subject: Subject): Promise<void> {
  await endItsTime(cell, subject);
  const rests = createPostgresRestStore(cell.database);
  await until(`the memory of ${subject.id} is stored`, async () => {
    const rest = await rests.get(subject.id);
    return rest !== null && !isFrozen(rest);
  });
}
