/**
 * How each scenario of the matrix is brought about on a running cell: where the workspace is before, what
 * its owner asks for, whether a death comes first, and where it has to come to rest.
 */

import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import { sql } from 'drizzle-orm';
import type { PreparedScenario } from '../cases.ts';
import type { CrashCell } from './crash-cell.ts';
import { restoreAgain, restoreUnanswered, saveTwice } from './restore-version.ts';
import { type Subject, trySave } from './subject.ts';

export interface Scenario {
  from: 'suspended' | 'running' | 'deleted';
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
    deathBefore: 'lifecycle.suspend.quiesce_gateway.before',
  },
  /** Only an executor that lost its lease between start and announcement leaves a usable one to clean up. */
  give_up_sandbox: {
    ...{ from: 'suspended', act: askResume, wanted: 'running' },
    also: ['lifecycle.resume.announce_running.recorded=error:stale_epoch'],
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
    deathBefore: 'lifecycle.delete.quiesce_gateway.before',
  },
  delete_without_steps: { from: 'suspended', act: askDelete, wanted: 'deleted' },
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
