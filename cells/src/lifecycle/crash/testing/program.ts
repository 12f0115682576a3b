/** A real program of ours that is made to die: by its failpoints, read from a file that `arm` writes, or by a signal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { until } from './until.ts';

export interface ProgramOptions {
  mainFile: string;
  /** Where it says that it serves. */
  healthUrl: string;
  failpointFile: string;
  environment: NodeJS.ProcessEnv;
}

const diesMs = 90_000;

export class Program {
  readonly #options: ProgramOptions;
  #child: ChildProcess | null = null;
  #output = '';

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What it has said since its last start. */
  log(): string {
    return this.#output;
  }

  /** The rules from now on, also of the process that runs. */
  arm(rules: readonly string[]): Promise<void> {
    return writeFile(this.#options.failpointFile, rules.join('\n'));
  }

  /** Starts it. With `serves: false` it may die before it ever answers. */
  async start({ serves }: { serves: boolean } = { serves: true }): Promise<void> {
    const { mainFile, healthUrl, failpointFile, environment } = this.#options;
    this.#output = '';
    const child = spawn(process.execPath, [mainFile], {
      env: { ...environment, CELLBOOK_FAILPOINT: `file:${failpointFile}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    if (!serves) return;
    await until(`${mainFile} serves`, async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`it ended with ${child.exitCode ?? child.signalCode}:\n${this.#output}`);
      return (await fetch(healthUrl).catch(() => null))?.ok === true;
    });
  }

  /** Waits until a failpoint has killed it; false when that does not happen. */
  async dies(): Promise<boolean> {
    const child = this.#child;
    if (!child) return true;
    return until('it dies', () => child.signalCode === 'SIGKILL', diesMs).then(
      () => true,
      () => false,
    );
  }

  /** Sends a signal; waits for the end of those that end a process. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return void child.kill(signal);
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }
}
