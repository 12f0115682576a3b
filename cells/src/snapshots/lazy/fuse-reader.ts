/**
 * Hears what the kernel asks at a FUSE device. `dd` waits for it in our place, since reading that device waits in a way
 * that nothing here can end, and hands it on through a pipe. One that is killed is replaced: the device is held by
 * this process, so the kernel's questions wait meanwhile; what it had taken and not handed on is found by asking
 * something that is answered in turn, and whoever waits for it is given an error.
 *
 *     hearing ──killed──▶ replaced: asks, answers what was lost ──▶ hearing
 *        ├──ended by itself (the device is no more), heard nothing yet, or replaced too often──▶ lost
 *        └──end──▶ ended
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, statfs } from 'node:fs/promises';
import { limits } from '@cellbook/shared/limits.ts';
import { type FuseRequest, FuseSplitter, opcode } from './fuse-wire.ts';
import { HeardRequests } from './heard-requests.ts';

/** As much as the kernel says at once: a message of ours has no data in it. */
const messageBytesMax = 64 * 1024;

export interface FuseReaderParts {
  handle: FileHandle;
  /** Where the device is mounted. */
  directory: string;
  hear(request: FuseRequest): void;
  /** Nobody has heard the request of this number, and nobody will. */
  unheard(unique: bigint): void;
  /** Nothing is heard any more. */
  lost(): void;
}

export class FuseReader {
  readonly #parts: FuseReaderParts;
  readonly #heard = new HeardRequests();
  #child: ChildProcess;
  #readers = 1;
  #isEnding = false;
  /** The last request that was answered in turn. */
  #marker: bigint | null = null;

  constructor(parts: FuseReaderParts) {
    this.#parts = parts;
    this.#child = this.#start();
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (child.kill('SIGKILL')) await ended;
  }

  #start(): ChildProcess {
    const copy = ['dd', `bs=${messageBytesMax}`, 'status=none'];
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...copy], {
      stdio: [this.#parts.handle.fd, 'pipe', 'ignore'],
    });
    const splitter = new FuseSplitter();
    let isUsable = true;
    child.stdout?.on('data', (chunk: Buffer) => {
      try {
        splitter.push(chunk, (request) => this.#take(request));
      } catch {
        isUsable = false;
        child.kill('SIGKILL');
      }
    });
    child.once('error', () => this.#end(false));
    // With the end of its output: what it had handed on is heard first.
    child.once('close', (_code, signal) => this.#end(isUsable && signal !== null));
    return child;
  }

  #take(request: FuseRequest): void {
    this.#heard.note(request.unique);
    if (request.opcode === opcode.statfs) this.#marker = request.unique;
    this.#parts.hear(request);
  }

  #end(wasKilled: boolean): void {
    if (this.#isEnding) return;
    if (!wasKilled || this.#heard.isEmpty || this.#readers >= limits.snapshots.readersMax) {
      this.#isEnding = true;
      this.#parts.lost();
      return;
    }
    this.#readers += 1;
    this.#child = this.#start();
    void this.#findLost();
  }

  async #findLost(): Promise<void> {
    // How it is answered does not matter: it stood in line behind whatever the killed one had taken.
    await statfs(this.#parts.directory).catch(() => undefined);
    if (this.#isEnding || this.#marker === null) return;
    for (const unique of this.#heard.missingBefore(this.#marker)) this.#parts.unheard(unique);
  }
}
