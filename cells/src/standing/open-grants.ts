/** What is open in this cell and with which right: sockets and streams, found by any subject their right hangs on. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { type Grant, subjectsOf } from './verdict.ts';

export interface Opened {
  grant: Grant;
  /** `kernel`, `terminal`, `events`: for the record. */
  what: string;
  workspaceId: WorkspaceId | null;
  openedMs: number;
  end(): void;
}

export class OpenGrants {
  readonly #bySubject = new Map<string, Set<Opened>>();
  readonly #all = new Set<Opened>();

  get size(): number {
    return this.#all.size;
  }

  all(): Iterable<Opened> {
    return this.#all;
  }

  add(opened: Opened): void {
    this.#all.add(opened);
    for (const subject of subjectsOf(opened.grant)) {
      const known = this.#bySubject.get(subject);
      if (known) known.add(opened);
      else this.#bySubject.set(subject, new Set([opened]));
    }
  }

  remove(opened: Opened): void {
    this.#all.delete(opened);
    for (const subject of subjectsOf(opened.grant)) {
      const known = this.#bySubject.get(subject);
      known?.delete(opened);
      if (known?.size === 0) this.#bySubject.delete(subject);
    }
  }

  /** Whatever is open with a right that hangs on one of these. */
  of(subjects: Iterable<string>): Set<Opened> {
    const found = new Set<Opened>();
    for (const subject of subjects)
      for (const opened of this.#bySubject.get(subject) ?? []) found.add(opened);
    return found;
  }
}
