/** Running a program to its end: output collected, a deadline on each, failures that show what it said. */
import { spawn } from 'node:child_process';
import type { Progress } from './cache.ts';

export interface CommandOptions {
  deadlineMs: number;
  cwd?: string;
  env?: Record<string, string>;
  /** Gets each line the program prints, on either stream. */
  progress?: Progress;
}

const keptBytesMax = 64 * 1024;

export class CommandFailed extends Error {
  readonly exitCode: number | null;
  constructor(argv: string[], exitCode: number | null, output: string) {
    super(`${argv.join(' ')} ended with ${exitCode ?? 'a signal'}:\n${output.slice(-4000)}`);
    this.name = 'CommandFailed';
    this.exitCode = exitCode;
  }
}

/** Resolves with standard output; rejects with CommandFailed, or when the program cannot be started. */
export function runCommand(argv: string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.deadlineMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let both = '';
    const take = (text: string) => {
      both = (both + text).slice(-keptBytesMax);
      for (const line of text.split('\n')) if (line.trim() !== '') options.progress?.(line);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      take(text);
    });
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(stdout) : reject(new CommandFailed(argv, code, both)),
    );
  });
}

/** Whether the program runs at all with these arguments and ends well. */
export async function succeeds(argv: string[], deadlineMs = 20_000): Promise<boolean> {
  try {
    await runCommand(argv, { deadlineMs });
    return true;
  } catch {
    return false;
  }
}
