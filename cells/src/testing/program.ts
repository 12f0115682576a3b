/** For tests: one of our programs as a process that can be ended by a signal and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { systemClock } from '@cellbook/shared/clock.ts';

export interface ProgramOptions {
  file: string;
  environment: NodeJS.ProcessEnv;
  /** Where `/healthz` answers once it serves; not waited for where there is none. */
  url: string | null;
}

export interface Program {
  log(): string;
  pid(): number;
  end(signal: 'SIGTERM' | 'SIGKILL' | 'SIGUSR2'): Promise<void>;
  /** Starts it again over the same data. */
  start(): Promise<void>;
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Stops its process where it stands, as a long pause of the machine would, and lets it go on. */
  pause(): void;
  resume(): void;
}

export async function startProgram({ file, environment, url }: ProgramOptions): Promise<Program> {
  let output = '';
  let child = launch();
  if (url !== null) await untilHealthy(url, child, () => output);

  function launch(): ChildProcess {
    const started = spawn(process.execPath, [file], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    return started;
  }

  const program: Program = {
    log: () => output,
    pid: () => child.pid ?? 0,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    },
    async start() {
      child = launch();
      if (url !== null) await untilHealthy(url, child, () => output);
    },
    async restart(signal) {
      await program.end(signal);
      await program.start();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
  return program;
}

const startDeadlineMs = 60_000;

async function untilHealthy(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const untilMs = systemClock.monotonicMs() + startDeadlineMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) return;
    if (systemClock.monotonicMs() > untilMs) throw new Error(`the program does not answer:\n${output()}`);
    await new Promise((resolve) => systemClock.setTimer(50, () => resolve(undefined)));
  }
}
