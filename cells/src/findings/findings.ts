/**
 * Flags files that were saved with something that looks like a credential. A save is never refused, and never
 * waits longer than a stated budget: what is not known by then follows as an event. When the scanner fails,
 * or has too much to do, the save stands and only the mark is missing.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Finding } from '@cellbook/shared/protocol/findings-api.ts';
import { Latest } from '../latest.ts';
import type { FindingStore } from './finding-store.ts';
import type { SavedFile } from './scan.ts';
import type { Scanner } from './scanner.ts';

export type Verdict = { state: 'scanned'; findings: Finding[] } | { state: 'pending' } | { state: 'skipped' };

export interface FindingsDeps {
  scanner: Scanner;
  store: FindingStore;
  clock: Clock;
  log: Logger;
}

/** A file is flagged, or is so no longer. */
type FlaggedListener = (workspaceId: WorkspaceId, path: string, findings: Finding[]) => void;

export class Findings {
  readonly #deps: FindingsDeps;
  readonly #latest = new Latest<string, Verdict>();
  /** The newest content of each file that waits for its scan. */
  readonly #waiting = new Map<string, SavedFile>();
  #waitingBytes = 0;
  readonly #waitingBytesOf = new Map<WorkspaceId, number>();
  #listener: FlaggedListener = () => {};

  constructor(deps: FindingsDeps) {
    this.#deps = deps;
  }

  onFlagged(listener: FlaggedListener): void {
    this.#listener = listener;
  }

  /** Never rejects, and answers within `limits.findings.answerMs`. */
  async saved(workspaceId: WorkspaceId, file: SavedFile): Promise<Verdict> {
    const key = `${workspaceId} ${file.path}`;
    if (!this.#keep(workspaceId, key, file)) return { state: 'skipped' };
    const scanned = this.#latest
      .run(key, () => this.#scan(workspaceId, key))
      .catch((error: unknown): Verdict => {
        this.#deps.log.warn(
          { err: error, workspaceId },
          'a saved file could not be looked at for credentials',
        );
        return { state: 'skipped' };
      });
    const { promise: late, resolve } = Promise.withResolvers<Verdict>();
    const timer = this.#deps.clock.setTimer(limits.findings.answerMs, () => resolve({ state: 'pending' }));
    try {
      return await Promise.race([scanned, late]);
    } finally {
      timer.cancel();
    }
  }

  /** A file or a folder went elsewhere, or away. Never rejects. */
  async moved(workspaceId: WorkspaceId, from: string, to: string | null): Promise<void> {
    const { store, log } = this.#deps;
    const done = to === null ? store.remove(workspaceId, from) : store.move(workspaceId, from, to);
    await done.catch((error: unknown) =>
      log.warn({ err: error, workspaceId }, 'a mark of a credential did not follow its file'),
    );
  }

  /** False when it is too large, or too much waits already: of this workspace's, or of all. */
  #keep(workspaceId: WorkspaceId, key: string, file: SavedFile): boolean {
    const { scanBytesMax, waitingBytesMax, waitingBytesPerWorkspaceMax } = limits.findings;
    const { length } = file.bytes;
    if (length > scanBytesMax) return false;
    const more = length - (this.#waiting.get(key)?.bytes.length ?? 0);
    if (this.#waitingBytes + more > waitingBytesMax) return false;
    if (this.#waitingOf(workspaceId) + more > waitingBytesPerWorkspaceMax) return false;
    this.#count(workspaceId, more);
    this.#waiting.set(key, file);
    return true;
  }

  #waitingOf(workspaceId: WorkspaceId): number {
    return this.#waitingBytesOf.get(workspaceId) ?? 0;
  }

  #count(workspaceId: WorkspaceId, bytes: number): void {
    this.#waitingBytes += bytes;
    const theirs = this.#waitingOf(workspaceId) + bytes;
    if (theirs === 0) this.#waitingBytesOf.delete(workspaceId);
    else this.#waitingBytesOf.set(workspaceId, theirs);
  }

  async #scan(workspaceId: WorkspaceId, key: string): Promise<Verdict> {
    const file = this.#waiting.get(key);
    if (!file) return { state: 'skipped' };
    this.#waiting.delete(key);
    const { scanner, store, clock } = this.#deps;
    const findings = await scanner.scan(workspaceId, file).finally(() => {
      this.#count(workspaceId, -file.bytes.length);
    });
    const savedAtMs = clock.nowMs();
    const wasFlagged = await store.replace(workspaceId, { path: file.path, findings, savedAtMs });
    if (findings.length > 0 || wasFlagged) this.#listener(workspaceId, file.path, findings);
    return { state: 'scanned', findings };
  }
}
