/** Programs the benchmark starts: each in a process group of its own, so that stopping one leaves nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Started {
  readonly pid: number;
  /** Resolves when the program has ended, by itself or by `stop`. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface StartOptions {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  logFile: string;
}

/** A platform stops its hosts first, which store what runs there: a busy machine takes minutes for it. Killed, it would leave them. */
const stopGraceMs = 180_000;

export function start(options: StartOptions): Started {
  const child = spawn(options.command, options.args, {
    env: options.env,
    cwd: options.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = once(child, 'close').then(() => void log.end());
  if (child.pid === undefined) throw new Error(`could not start ${options.command}`);
  return { pid: child.pid, ended, stop: () => stopGroup(child, ended) };
}

async function stopGroup(child: ChildProcess, ended: Promise<void>): Promise<void> {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), stopGraceMs);
  await ended;
  clearTimeout(timer);
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // The group is gone already: what was wanted.
  }
}

/** Runs a program to its end; throws with the end of its output when it fails. */
export async function runToEnd(command: string, args: string[], env = process.env): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8_192);
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** Asks again every 50 ms until `ready` says yes; a program that ends first, or the deadline, is an error. */
export async function untilReady(
  what: string,
  ready: () => Promise<boolean>,
  { program, deadlineMs = 120_000 }: { program?: Started; deadlineMs?: number } = {},
): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  let alive = true;
  void program?.ended.then(() => {
    alive = false;
  });
  while (performance.now() < endMs) {
    if (!alive) throw new Error(`${what} ended before it was ready`);
    if (await ready().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`${what} was not ready in time`);
}
