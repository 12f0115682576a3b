/**
 * Keeps outputs from being lost when the tab that asked for them goes away. Every execute_request that
 * names its cell (`metadata.cellId`, as JupyterLab sends) is followed to its end. While its tab is
 * connected nothing is written: the tab shows and saves the outputs itself. Once the tab is gone the cell
 * writes them into the notebook, whole and in place of what was there, so that repeating it changes
 * nothing and every line is there once:
 *
 *     followed ──tab closed──▶ written now, every interval, and at the end
 *        ▲   └──connection broke──▶ the same after a grace, in which the tab may come back
 *        └───────────── the same session returns (it is given what it missed) ◀──────┘
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { KernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { CellOutputs } from '@cellbook/shared/notebook/cell-outputs.ts';
import { readObject, readParent } from '../frames/message.ts';
import { part, type V1Frame } from '../frames/v1-frame.ts';
import type { NotedCell } from '../kernels/inherited.ts';
import { type CellResult, type Notebook, placeOutputs, resultIn } from './notebook-cells.ts';

/** What of a kernel is needed here. */
export interface FollowedKernel {
  readonly id: KernelId;
  /** What was written is noted for a next controller. */
  noteWritten?(msgId: string, cell: NotedCell): void;
  readonly channel: { hasClient(sessionId: string): boolean };
}

export interface FollowerDeps {
  clock: Clock;
  log: Logger;
  /** The notebook that a kernel's outputs belong to; null when no notebook session uses it. */
  notebookOf(kernelId: KernelId): string | null;
  /** Reads, changes and writes a notebook; `change` gives null to leave it. False when there is no such notebook. */
  updateNotebook(path: string, change: (notebook: Notebook) => Notebook | null): Promise<boolean>;
  written(outcome: 'written' | 'missing' | 'failed'): void;
}

interface Followed {
  kernel: FollowedKernel;
  sessionId: string;
  cellId: string;
  source: string;
  outputs: CellOutputs;
  isDone: boolean;
  /** Changed since it was last written. */
  isDirty: boolean;
  isWritten: boolean;
  /** What stands before: outputs of the time when another controller followed it; null: as the notebook has them. */
  earlier: Pick<CellResult, 'outputs' | 'executionCount'> | null;
}

export class OutputFollower {
  readonly #deps: FollowerDeps;
  readonly #followed = new Map<string, Followed>();
  /** Sessions whose tab is gone, by when their outputs may be written. */
  readonly #goneFromMs = new Map<string, number>();
  #timer: Timer | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  follow(kernel: FollowedKernel, frame: V1Frame, msgId: string, sessionId: string): void {
    const { cellId } = readObject(frame.parts[part.metadata]!);
    if (typeof cellId !== 'string' || this.#followed.size >= limits.gateway.followedRequestsMax) return;
    const { code } = readObject(frame.parts[part.content]!);
    this.#followed.set(msgId, {
      kernel,
      sessionId,
      cellId,
      source: String(code ?? ''),
      outputs: new CellOutputs(),
      isDone: false,
      isDirty: true,
      isWritten: false,
      earlier: nothingEarlier,
    });
  }

  /**
   * Goes on with a request that another controller followed. What it had written stays; what it had not was
   * shown in the tab alone, and is said to be missing should the tab not come back.
   */
  inherit(kernel: FollowedKernel, msgId: string, sessionId: string, cell: NotedCell): void {
    if (this.#followed.size >= limits.gateway.followedRequestsMax) return;
    this.#followed.set(msgId, {
      ...{ kernel, sessionId, ...cell, outputs: new CellOutputs(), isDone: false, isDirty: true },
      earlier: cell.isWritten ? null : notKept,
    });
    this.clientGone(sessionId, false);
  }

  #markWritten(msgId: string, followed: Followed): void {
    if (followed.isWritten) return;
    followed.isWritten = true;
    followed.kernel.noteWritten?.(msgId, notedCell(followed));
  }

  /** What a next controller needs to know of a request's cell; null for one without. */
  cellOf(msgId: string): NotedCell | null {
    const followed = this.#followed.get(msgId);
    return followed ? notedCell(followed) : null;
  }

  observe(kernel: FollowedKernel, frame: V1Frame, msgType: string): void {
    if (this.#followed.size === 0 || frame.channel !== 'iopub') return;
    const msgId = readParent(frame)?.msgId;
    const followed = msgId === undefined ? undefined : this.#followed.get(msgId);
    if (!followed || followed.kernel !== kernel) return;
    const content = frame.parts[part.content]!;
    if (msgType === 'status') {
      if (content.includes('"idle"')) this.#finish(msgId!, followed);
    } else if (followed.outputs.apply(msgType, readObject(content), content.length)) followed.isDirty = true;
  }

  /** A session's last socket is gone: `isClosed` when the page closed it, otherwise the connection broke. */
  clientGone(sessionId: string, isClosed: boolean): void {
    if (![...this.#followed.values()].some((followed) => followed.sessionId === sessionId)) return;
    const graceMs = isClosed ? 0 : limits.gateway.outputWriterGraceMs;
    this.#goneFromMs.set(sessionId, this.#deps.clock.monotonicMs() + graceMs);
    this.#arm(graceMs);
  }

  clientBack(sessionId: string): void {
    this.#goneFromMs.delete(sessionId);
    for (const [msgId, followed] of this.#followed)
      if (followed.sessionId === sessionId && followed.isDone) this.#followed.delete(msgId);
  }

  /** Writes everything of clients that are gone, without waiting for their grace. */
  flush(): Promise<void> {
    return this.#write(Number.POSITIVE_INFINITY);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #finish(msgId: string, followed: Followed): void {
    followed.isDone = true;
    if (followed.kernel.channel.hasClient(followed.sessionId)) this.#followed.delete(msgId);
    else if (this.#isGone(followed, this.#deps.clock.monotonicMs())) this.#arm(0);
    else this.clientGone(followed.sessionId, false);
  }

  #isGone(followed: Followed, nowMs: number): boolean {
    return (this.#goneFromMs.get(followed.sessionId) ?? Number.POSITIVE_INFINITY) <= nowMs;
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.setTimer(delayMs, () => {
      this.#timer = null;
      void this.#write(this.#deps.clock.monotonicMs()).then(() => {
        if (this.#goneFromMs.size > 0 && !this.#timer) this.#arm(limits.gateway.outputWriteIntervalMs);
      });
    });
  }

  /** One write at a time; each takes everything that is due when its turn comes. */
  #write(nowMs: number): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      for (const [path, group] of this.#due(nowMs)) await this.#writeNotebook(path, group);
      this.#forgetGone();
    });
    return this.#writing;
  }

  #due(nowMs: number): Map<string, Array<[string, Followed]>> {
    const byPath = new Map<string, Array<[string, Followed]>>();
    for (const entry of this.#followed) {
      const [msgId, followed] = entry;
      if (!followed.isDirty || followed.kernel.channel.hasClient(followed.sessionId)) continue;
      if (nowMs !== Number.POSITIVE_INFINITY && !this.#isGone(followed, nowMs)) continue;
      const path = this.#deps.notebookOf(followed.kernel.id);
      if (path === null) this.#followed.delete(msgId);
      else byPath.set(path, [...(byPath.get(path) ?? []), entry]);
    }
    return byPath;
  }

  async #writeNotebook(path: string, group: Array<[string, Followed]>): Promise<void> {
    const done = group.filter(([, { isDone }]) => isDone).map(([msgId]) => msgId);
    for (const [, followed] of group) followed.isDirty = false;
    try {
      const isThere = await this.#deps.updateNotebook(path, (notebook) =>
        placeOutputs(
          notebook,
          group.map(([, followed]) => resultOf(followed, notebook)),
        ),
      );
      this.#deps.written(isThere ? 'written' : 'missing');
      this.#deps.log.info({ path, cells: group.length, isThere }, 'wrote outputs of a tab that is gone');
      for (const [msgId, followed] of isThere ? group : []) this.#markWritten(msgId, followed);
      for (const msgId of isThere ? done : group.map(([msgId]) => msgId)) this.#followed.delete(msgId);
    } catch (thrown) {
      for (const [, followed] of group) followed.isDirty = true;
      this.#deps.written('failed');
      this.#deps.log.error(
        { err: thrown, path },
        'writing outputs of a tab that is gone failed; it is tried again',
      );
    }
  }

  #forgetGone(): void {
    const waiting = new Set([...this.#followed.values()].map(({ sessionId }) => sessionId));
    for (const sessionId of this.#goneFromMs.keys())
      if (!waiting.has(sessionId)) this.#goneFromMs.delete(sessionId);
  }
}

/** Whole and in place of what was there, so that repeating it changes nothing. */
function resultOf(followed: Followed, notebook: Notebook): CellResult {
  const { cellId, source, outputs } = followed;
  followed.earlier ??= resultIn(notebook, cellId, source);
  const { outputs: earlier, executionCount } = followed.earlier;
  return {
    ...{ cellId, source, outputs: [...earlier, ...outputs.outputs] },
    executionCount: outputs.executionCount ?? executionCount,
  };
}

const notedCell = ({ cellId, source, isWritten }: Followed): NotedCell => ({ cellId, source, isWritten });

const nothingEarlier = { outputs: [], executionCount: null };
const notKept = {
  outputs: [
    {
      output_type: 'stream',
      name: 'stderr',
      text: '[Cellbook: the service restarted here; what was printed before was shown only in the page that ran this.]\n',
    },
  ],
  executionCount: null,
};
