/**
 * What a controller wants its successor to know of a sandbox (which stream is which kernel, which requests
 * are under way): the newest value of each key, bounded, the oldest out first. Who keeps them reads none of it.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

const noteSchema = z.object({ key: z.string().max(300), value: z.unknown() });
export type Note = z.infer<typeof noteSchema>;

export class Notes {
  readonly #notes = new Map<string, { value: unknown; bytes: number }>();
  #bytes = 0;

  constructor(notes: [string, unknown][] = []) {
    for (const [key, value] of notes) this.put({ key, value });
  }

  /** A value of null forgets the key. Throws for anything that is no note. */
  put(note: unknown): void {
    const { key, value } = noteSchema.parse(note);
    this.#forget(key);
    if (value === null || value === undefined) return;
    const bytes = key.length + JSON.stringify(value).length;
    this.#notes.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#notes.keys()) {
      if (this.#notes.size <= limits.host.notesMax && this.#bytes <= limits.host.notesBytesMax) return;
      this.#forget(oldest);
    }
  }

  all(): [string, unknown][] {
    return [...this.#notes].map(([key, { value }]) => [key, value]);
  }

  #forget(key: string): void {
    this.#bytes -= this.#notes.get(key)?.bytes ?? 0;
    this.#notes.delete(key);
  }
}
