/**
 * Postgres refuses to run as root. As root its programs run as the `postgres` user, through `setpriv`, which
 * replaces itself by the program, so that the pid is the server's own. A checkout or home below a directory
 * only root may enter (`/root`, mode 700) would be out of that user's reach; there the program keeps the one
 * capability to look through directories, and nothing else.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CellbookError } from '@cellbook/shared/errors.ts';

const run = promisify(execFile);
const commandDeadlineMs = 10_000;

export interface PostgresAccount {
  /** Who owns the data directory; null keeps the user that runs this. */
  owner: { uid: number; gid: number } | null;
  /** Goes before the program and its arguments. */
  prefix: string[];
}

export async function postgresAccount(pathsToReach: string[]): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { owner: null, prefix: [] };
  const owner = (await lookUp()) ?? (await create());
  const plain = ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  const reachable = await Promise.all(pathsToReach.map((path) => succeeds([...plain, 'test', '-r', path])));
  if (reachable.every(Boolean)) return { owner, prefix: plain };
  const capability = '+dac_read_search';
  return { owner, prefix: [...plain, `--inh-caps=${capability}`, `--ambient-caps=${capability}`] };
}

async function lookUp(): Promise<{ uid: number; gid: number } | null> {
  try {
    const { stdout } = await run('getent', ['passwd', 'postgres'], { timeout: commandDeadlineMs });
    const [, , uid, gid] = stdout.split(':');
    return { uid: Number(uid), gid: Number(gid) };
  } catch {
    return null;
  }
}

async function create(): Promise<{ uid: number; gid: number }> {
  const args = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'];
  await run('useradd', args, { timeout: commandDeadlineMs }).catch(() => undefined);
  const created = await lookUp();
  if (created) return created;
  throw new CellbookError('internal', {
    doing: 'preparing Postgres',
    problem: 'it does not run as root and the user `postgres` could not be created',
    next: 'Create it (`useradd --system --user-group postgres`) and start again.',
  });
}

async function succeeds([command, ...args]: string[]): Promise<boolean> {
  try {
    await run(command ?? 'false', args, { timeout: commandDeadlineMs });
    return true;
  } catch {
    return false;
  }
}
