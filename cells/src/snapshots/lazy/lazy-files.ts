/**
 * Files that are read before they are there: what is asked of them is opened when it is asked, first what somebody
 * waits for. In the clear they are only with who reads them.
 *
 *     served ──open──▶ open: reads ──▶ units of chunks ──▶ `open` of the file, which answers them ──▶ … ──release──▶ released
 *        └──drop, before anybody opened it──────────────────────────────────────────────────────────────────▶ released
 *
 * A release that nobody has heard (fuse-reader.ts) may be that of any file that is open then: dropped, it ends too when
 * nobody has read it for long.
 */
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import { say } from './fuse-answer.ts';
import type { FuseDevice } from './fuse-device.ts';
import { type FuseMount, mountFuse } from './fuse-mount.ts';
import {
  attributesAnswer,
  entryAnswer,
  errno,
  type FuseRequest,
  initAnswer,
  lookedUpName,
  opcode,
  openAnswer,
  readWanted,
} from './fuse-wire.ts';
import { type LazyFile, ServedFile, type ServingTools } from './served-file.ts';

export interface Served {
  path: string;
  /** Nobody opens it from now on. */
  drop(): void;
  /** Nobody reads it any more. */
  released: Promise<void>;
}

const root = 1n;

type Answer = Buffer | number | typeof later;
const later = 'later';
const nothing = Buffer.alloc(0);

export class LazyFiles {
  readonly #directory: string;
  readonly #tools: ServingTools;
  readonly #files = new Map<bigint, ServedFile>();
  #mount: FuseMount | null = null;
  #isLost = false;
  #count = root;

  private constructor(directory: string, tools: ServingTools) {
    this.#directory = directory;
    this.#tools = tools;
  }

  /** Null where this host cannot: files are then put together before they are read. */
  static async mount(directory: string, tools: ServingTools): Promise<LazyFiles | null> {
    const files = new LazyFiles(directory, tools);
    try {
      files.#mount = await mountFuse(directory, {
        hear: (request, device) => files.#hear(request, device),
        unheard: () => files.#doubtAll(),
        lost: () => files.#lose(),
      });
      return files;
    } catch (error) {
      tools.log.warn(
        { err: error },
        'this host has no FUSE: images are opened whole before they are restored',
      );
      return null;
    }
  }

  /** Null where nothing is served any more: the file is then put together before it is read. */
  serve(file: LazyFile): Served | null {
    if (this.#mount === null || this.#isLost) return null;
    const node = ++this.#count;
    const served = new ServedFile(file, this.#tools);
    this.#files.set(node, served);
    void served.released.then(() => this.#files.delete(node));
    return {
      path: join(this.#directory, String(node)),
      drop: () => served.drop(),
      released: served.released,
    };
  }

  async close(): Promise<void> {
    const mount = this.#mount;
    this.#mount = null;
    this.#endAll();
    await mount?.close();
  }

  /** Whoever still reads is given errors by the kernel, and says no more that he has done with it. */
  #lose(): void {
    this.#isLost = true;
    this.#tools.log.warn(
      { files: this.#files.size },
      'files are served no more as they are read: nothing is heard',
    );
    this.#endAll();
  }

  #doubtAll(): void {
    for (const file of this.#files.values()) file.doubt();
  }

  #endAll(): void {
    for (const file of this.#files.values()) file.end();
  }

  #hear(request: FuseRequest, device: FuseDevice): void {
    const answer = this.#answerTo(request, device);
    if (answer === later) return;
    if (typeof answer === 'number') say(device, request.unique, [], answer);
    else say(device, request.unique, [answer]);
  }

  /** What is answered at once, or a number that says why not. */
  #answerTo({ opcode: asked, unique, node, body }: FuseRequest, device: FuseDevice): Answer {
    const file = this.#files.get(node);
    switch (asked) {
      case opcode.forget:
      case opcode.batchForget:
      case opcode.interrupt:
        return later;
      case opcode.init:
        return initAnswer(limits.snapshots.readPagesMax);
      case opcode.lookup:
        return this.#lookUp(lookedUpName(body));
      case opcode.getattr:
        if (node !== root && !file) return errno.noEntry;
        return attributesAnswer({ node, bytes: file?.bytes ?? null });
      case opcode.open:
        return file?.open() ? openAnswer() : errno.noEntry;
      case opcode.read:
        if (!file) return errno.io;
        file.read({ unique, ...readWanted(body) }, device);
        return later;
      case opcode.release:
        file?.release();
        return nothing;
      // Its files are known to who was told their paths, and to nobody who looks around.
      case opcode.opendir:
        return openAnswer();
      case opcode.readdir:
      case opcode.releasedir:
      case opcode.destroy:
        return nothing;
      default:
        return errno.notImplemented;
    }
  }

  #lookUp(name: string): Answer {
    const node = /^[1-9]\d{0,15}$/.test(name) ? BigInt(name) : root;
    const file = this.#files.get(node);
    return file ? entryAnswer({ node, bytes: file.bytes }) : errno.noEntry;
  }
}
