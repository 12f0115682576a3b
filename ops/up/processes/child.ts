/**
 * One supervised program: started in a process group of its own, with its output in a log file and a record
 * in `run/` by which a later start can find it again. Its environment carries the home it belongs to, so
 * that what it leaves behind (workerd under wrangler, a shell under a terminal) can be found even when the
 * record cannot.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { lastLines } from './log-tail.ts';
import { identityOfStarted, type ProcessIdentity } from './proc.ts';
import { type ChildRecord, homeVariable } from './record.ts';
import { stopGroup } from './stop-group.ts';

export interface ChildSpec {
  name: string;
  /** Its place when all are stopped (record.ts). */
  stopOrder: number;
  command: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
  /** What the program takes as "finish and go": SIGINT is Postgres' fast shutdown. */
  stopSignal: 'SIGINT' | 'SIGTERM';
  stopDeadlineMs: number;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly stopOrder: number;
  readonly pid: number;
  readonly logPath: string;
  /** Settles when the program has ended, for whatever reason. Never rejects. */
  readonly exited: Promise<ChildExit>;
  hasExited(): boolean;
  /**
   * Asks it to stop, kills what is left of its group after the deadline (its own, or a shorter one), forgets the
   * record. Idempotent.
   */
  stop(deadlineMs?: number): Promise<void>;
}

export interface SpawnContext {
  clock: Clock;
  homeDirectory: string;
  logDirectory: string;
  runDirectory: string;
}

export async function startChild(context: SpawnContext, spec: ChildSpec): Promise<Child> {
  const logPath = join(context.logDirectory, `${spec.name}.log`);
  const process = await spawnDetached(context, spec, logPath);
  // Also of one that has ended already: what it started is found through its record.
  const identity = identityOfStarted(process.pid);
  const recordPath = join(context.runDirectory, `${spec.name}.json`);
  if (identity) writeRecord(recordPath, spec, identity);

  let exit: ChildExit | null = null;
  const exited = new Promise<ChildExit>((resolve) => {
    process.child.once('exit', (code, signal) => {
      exit = { code, signal };
      resolve(exit);
    });
  });
  let stopping: Promise<void> | null = null;
  const stop = async (deadlineMs: number) => {
    const stopDeadlineMs = Math.min(deadlineMs, spec.stopDeadlineMs);
    await stopGroup(context.clock, process.pid, { ...spec, stopDeadlineMs });
    await exited;
    rmSync(recordPath, { force: true });
  };
  return {
    name: spec.name,
    stopOrder: spec.stopOrder,
    pid: process.pid,
    logPath,
    exited,
    hasExited: () => exit !== null,
    stop(deadlineMs = spec.stopDeadlineMs) {
      stopping ??= stop(deadlineMs);
      return stopping;
    },
  };
}

/** Throws with the end of its log when the program has ended; for use inside a health check. */
export function assertRunning(child: Child): void {
  if (!child.hasExited()) return;
  throw new CellbookError('internal', {
    doing: `starting ${child.name}`,
    problem: `it ended at once; the end of ${child.logPath}:\n${lastLines(child.logPath, 15)}`,
  });
}

async function spawnDetached(context: SpawnContext, spec: ChildSpec, logPath: string) {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, 'a');
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env, [homeVariable]: context.homeDirectory },
      detached: true,
      stdio: ['ignore', log, log],
    });
    await spawned(child, spec);
    return { child, pid: child.pid as number };
  } finally {
    closeSync(log);
  }
}

function spawned(child: ChildProcess, spec: ChildSpec): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new CellbookError('internal', {
          doing: `starting ${spec.name}`,
          problem: `${spec.command} could not be run: ${cause.message}`,
          cause,
        }),
      ),
    );
  });
}

function writeRecord(path: string, spec: ChildSpec, identity: ProcessIdentity): void {
  const { name, stopOrder, stopSignal, stopDeadlineMs } = spec;
  const record: ChildRecord = { ...identity, name, stopOrder, stopSignal, stopDeadlineMs };
  writeFileSync(path, `${JSON.stringify(record)}\n`, { mode: 0o600 });
}
