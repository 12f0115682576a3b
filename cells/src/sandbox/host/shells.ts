/**
 * Sandboxes whose processes are there before anything is in them, so that a workspace that comes back with its memory
 * waits for neither their start nor their clean-up: nobody's, without files, told by nobody apart. One for each of the
 * shapes that came back of late, since an image fits only into its own.
 *
 *     absent ──want, a while later──▶ making ──▶ ready ──take──▶ a workspace's, as its image has it (child-driver)
 *                                        └──────────┴──drop, the host ends──▶ absent
 *
 * One that does not work is no loss: whoever took it starts processes of his own. Each ends itself when this process
 * is gone, however it went.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { newSandboxId, type SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type MadeAhead, nobody } from '../driver.ts';
import type { IsolationShells, ShellOf } from './isolation.ts';
import type { SandboxRecord, SandboxRecords } from './records.ts';

export interface Shell {
  sandboxId: SandboxId;
  /** Its input and output are those of what comes into it; it ends with that. */
  child: ChildProcessWithoutNullStreams;
  /** Says what comes into it. */
  enter(line: string): void;
}

export interface ShellsDeps {
  isolation: IsolationShells;
  records: SandboxRecords;
  about: Pick<SandboxRecord, 'runtime' | 'imageDigest'>;
  /** Ends whatever is left of one, its record last. */
  clear(sandboxId: SandboxId): Promise<void>;
  clock: Clock;
  random: Random;
  log: Pick<Logger, 'warn'> | null;
}

export class Shells implements MadeAhead {
  readonly #deps: ShellsDeps;
  /** Those wanted, the latest last; null until it is there. */
  readonly #shells = new Map<string, Shell | null>();
  readonly #ids = new Set<SandboxId>();
  #making: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;
  #dropped = false;

  constructor(deps: ShellsDeps) {
    this.#deps = deps;
  }

  get ready(): number {
    return [...this.#shells.values()].filter((shell) => shell !== null).length;
  }

  /** Whether it is one of these still, and nothing to clean up. */
  has(sandboxId: SandboxId): boolean {
    return this.#ids.has(sandboxId);
  }

  /** Null where none is ready. From now on it is the taker's. */
  take(of: ShellOf): Shell | null {
    const key = keyOf(of);
    const shell = this.#shells.get(key) ?? null;
    if (shell === null) return null;
    this.#shells.set(key, null);
    this.#ids.delete(shell.sandboxId);
    if (shell.child.exitCode === null && shell.child.signalCode === null) return shell;
    void this.#deps.clear(shell.sandboxId).catch(() => undefined);
    return null;
  }

  /** One of these is made when whoever came back just now is up. */
  want(of: ShellOf): void {
    const key = keyOf(of);
    const shell = this.#shells.get(key) ?? null;
    this.#shells.delete(key);
    this.#shells.set(key, shell);
    if (shell !== null || this.#dropped) return;
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.setTimer(limits.sandbox.shellDelayMs, () => {
      this.#making = this.#making.then(() => this.#fill(key, of));
    });
  }

  async drop(): Promise<void> {
    this.#dropped = true;
    this.#timer?.cancel();
    await this.#making;
    await Promise.all([...this.#shells.keys()].map((key) => this.#end(key)));
  }

  async #fill(key: string, of: ShellOf): Promise<void> {
    if (this.#dropped || !this.#shells.has(key) || this.#shells.get(key)) return;
    for (const eldest of [...this.#shells.keys()].slice(0, -limits.sandbox.shellsMax))
      await this.#end(eldest);
    const sandboxId = newSandboxId(this.#deps.random);
    this.#ids.add(sandboxId);
    try {
      this.#shells.set(key, await this.#make(sandboxId, of));
    } catch {
      // Nothing is missing without it; the next resume asks again.
      this.#ids.delete(sandboxId);
      await this.#deps.clear(sandboxId).catch(() => undefined);
    }
  }

  async #make(sandboxId: SandboxId, of: ShellOf): Promise<Shell> {
    const { isolation, records, about, clock } = this.#deps;
    const { digest: supervisorDigest } = of.supervisor;
    await records.create({ ...about, ...{ sandboxId, workspaceId: nobody, epoch: 0, supervisorDigest } });
    const { argv, environment } = await isolation.prepare(sandboxId, records.path(sandboxId), of);
    const [file = '', ...args] = argv;
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
      env: environment,
    });
    const { stdin, stdout, stderr } = child;
    const line = child.stdio[3];
    if (!stdin || !stdout || !stderr || !(line instanceof Duplex)) throw new Error('it has no pipes');
    for (const stream of [stdin, stdout, stderr, line]) stream.on('error', () => undefined);
    const details = { code: 'sandbox_unavailable', doing: 'making a sandbox ahead' } as const;
    await withDeadline(clock, limits.sandbox.commandMsMax, details, () => isThere(child, line));
    return {
      sandboxId,
      child: Object.assign(child, { stdin, stdout, stderr }) as ChildProcessWithoutNullStreams,
      enter: (flags) => void line.end(`${flags}\n`),
    };
  }

  /** Never rejects: what is left of it has its record still, and goes with the next start of this host. */
  async #end(key: string): Promise<void> {
    const shell = this.#shells.get(key);
    this.#shells.delete(key);
    if (!shell) return;
    this.#ids.delete(shell.sandboxId);
    shell.child.kill('SIGKILL');
    const { clear, log } = this.#deps;
    await clear(shell.sandboxId).catch((error: unknown) =>
      log?.warn({ err: error, sandboxId: shell.sandboxId }, 'a sandbox made ahead was not cleaned up'),
    );
  }
}

function isThere(child: ChildProcess, line: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    line.once('data', () => resolve());
  });
}

const keyOf = ({ shape, supervisor }: ShellOf): string =>
  JSON.stringify([shape.memoryBytesMax, shape.pidsMax, supervisor.digest]);
