/**
 * A real Postgres server on 127.0.0.1. The data directory is made beside its place and renamed into it, so
 * that a set-up cut short is never taken for a database; what is there is started as it is.
 */
import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CellbookError } from '@cellbook/shared/errors.ts';
import postgres from 'postgres';
import { assertRunning, type Child, type SpawnContext, startChild } from '../processes/child.ts';
import { identityOf, pidsWorkingIn, workingDirectoryOf } from '../processes/proc.ts';
import { stopOrder } from '../processes/record.ts';
import { signalIgnoringGone, stopGroup } from '../processes/stop-group.ts';
import { waitUntil } from '../wait-until.ts';
import { type PostgresAccount, postgresAccount } from './postgres-account.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';

const run = promisify(execFile);
const major = '18';

export interface PostgresOptions {
  /** Of its record and log; `postgres` unless told. */
  name?: string;
  dataDirectory: string;
  port: number;
  password: string;
  /** Server settings, for example `fsync=off` for tests whose data may be lost. */
  settings?: string[];
  signal?: AbortSignal | undefined;
}

export interface RunningPostgres {
  child: Child;
  /** Of the `postgres` database, as a user who may create others. */
  url: string;
  version: string;
}

export async function startPostgres(
  context: SpawnContext,
  options: PostgresOptions,
): Promise<RunningPostgres> {
  const binaries = await postgresBinaries();
  mkdirSync(dirname(options.dataDirectory), { recursive: true });
  const account = await postgresAccount([dirname(options.dataDirectory), binaries.postgres]);
  if (!existsSync(options.dataDirectory)) await initialise(binaries, account, options);
  assertVersion(options.dataDirectory);
  await stopLeftover(context, options.dataDirectory);

  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    ...(options.settings ?? []),
  ];
  const command = [
    ...account.prefix,
    binaries.postgres,
    '-D',
    options.dataDirectory,
    '-p',
    `${options.port}`,
  ];
  const [program = '', ...args] = [...command, ...settings.flatMap((setting) => ['-c', setting])];
  const child = await startChild(context, {
    name: options.name ?? 'postgres',
    stopOrder: stopOrder.postgres,
    command: program,
    args,
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stopSignal: 'SIGINT',
    stopDeadlineMs: 20_000,
  });
  const url = `postgres://postgres:${options.password}@127.0.0.1:${options.port}/postgres`;
  try {
    return { child, url, version: await firstAnswer(context, child, url, options.signal) };
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
}

async function firstAnswer(
  context: SpawnContext,
  child: Child,
  url: string,
  signal?: AbortSignal,
): Promise<string> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined });
  try {
    // A crash leaves a log to replay, which takes as long as it takes; a minute covers gigabytes of it.
    return await waitUntil(
      async () => {
        assertRunning(child);
        const [row] = await sql<{ server_version: string }[]>`show server_version`;
        return row?.server_version;
      },
      { clock: context.clock, deadlineMs: 60_000, what: 'Postgres to answer', signal },
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function initialise(
  binaries: PostgresBinaries,
  account: PostgresAccount,
  options: PostgresOptions,
): Promise<void> {
  const staging = `${options.dataDirectory}.new`;
  const passwordFile = `${options.dataDirectory}.password`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { mode: 0o700 });
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (account.owner) {
    chownSync(staging, account.owner.uid, account.owner.gid);
    chownSync(passwordFile, account.owner.uid, account.owner.gid);
  }
  const [program = '', ...args] = [
    ...account.prefix,
    binaries.initdb,
    `--pgdata=${staging}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ];
  try {
    await run(program, args, { timeout: 60_000, env: { ...process.env, TZ: 'UTC' } });
    renameSync(staging, options.dataDirectory);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function assertVersion(dataDirectory: string): void {
  const found = readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim();
  if (found === major) return;
  throw new CellbookError('conflict', {
    doing: 'starting Postgres',
    problem: `the data in ${dataDirectory} was written by Postgres ${found}, this one is ${major}`,
    next: 'Use the version of Cellbook that wrote it, dump the database, and load it into a new home.',
  });
}

/**
 * A server that outlived its starter is stopped in order. Of one that was killed the last backends are told to
 * quit and waited for: a second server beside one of them would destroy the data. Only then is its lock file
 * dropped, whose pid may be another program's by now.
 */
async function stopLeftover(context: SpawnContext, dataDirectory: string): Promise<void> {
  const lock = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  if (identityOf(pid) && workingDirectoryOf(pid) === dataDirectory) {
    await stopGroup(context.clock, pid, { stopSignal: 'SIGINT', stopDeadlineMs: 20_000 });
  }
  const noneLeft = () => {
    const left = pidsWorkingIn(dataDirectory);
    for (const backend of left) signalIgnoringGone(backend, 'SIGQUIT');
    return left.length === 0;
  };
  await waitUntil(noneLeft, {
    clock: context.clock,
    deadlineMs: 20_000,
    what: `the last programs of the Postgres in ${dataDirectory} to end`,
    pollMs: 20,
  });
  rmSync(lock, { force: true });
}
