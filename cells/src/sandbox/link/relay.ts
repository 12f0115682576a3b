/**
 * What changes for a link that begins in the middle: behind a host daemon, because the sandbox outlives its
 * controllers, and after a restore. What was said and not acknowledged is said again, and the notes that were
 * left say which streams stand for what. A daemon keeps both for its controllers; without one the link keeps
 * its notes itself, for an image's sake.
 */
import { kernelIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { FrameWriter } from './frame-writer.ts';
import { frameType } from './frames.ts';
import type { Waking } from './keepsake.ts';
import type { Note } from './notes.ts';
import { helloSchema } from './schemas.ts';
import type { StreamNames } from './stream-names.ts';
import type { Inherited } from './supervisor-link.ts';

/** What a daemon says first on a connection. */
export const relaySchema = z.object({
  hello: helloSchema,
  /** Counts the connections to this sandbox from 1. */
  attachment: z.int().positive(),
  notes: z.array(z.tuple([z.string(), z.unknown()])),
});
export type Relay = z.infer<typeof relaySchema>;

/** Numbers are never used again in one sandbox: each connection has its own range of them. */
export const firstStream = (attachment: number): number => (attachment * 2 ** 16) % 2 ** 32 || 1;
export const firstRequest = (attachment: number): number => (attachment * 2 ** 20) % 2 ** 32 || 1;

export const kernelNote = (stream: number): string => `kernel/${stream}`;
export const terminalNote = (stream: number): string => `terminal/${stream}`;

const terminalNoteSchema = z.object({ name: z.string(), directory: z.string() });

/** What an earlier connection noted, for the one that goes on after it, and what this one notes in turn. */
export class Succession {
  readonly inherited: Inherited | null;
  readonly #notes: [string, unknown][];
  readonly #keep: (note: Note) => void;
  readonly #remembered = new Set<string>();

  /** `keep` hands a note to whoever keeps them. */
  constructor(attachment: number, notes: [string, unknown][], keep: (note: Note) => void) {
    this.#notes = notes;
    this.#keep = keep;
    for (const [key] of notes) this.#remembered.add(key);
    this.inherited = attachment === 1 ? null : { kernels: [], terminals: [], notes: new Map() };
  }

  /** Which streams stand for what, as the controller before has noted. */
  restore(kernels: StreamNames<string>, terminals: StreamNames<string>): void {
    const rest = new Map<string, unknown>();
    for (const [key, value] of this.#notes) {
      const stream = Number(key.slice(key.indexOf('/') + 1));
      const kernelId = kernelIdSchema.safeParse(value);
      const terminal = terminalNoteSchema.safeParse(value);
      if (key === kernelNote(stream) && kernelId.success) {
        kernels.restore(kernelId.data, stream);
        this.inherited?.kernels.push(kernelId.data);
      } else if (key === terminalNote(stream) && terminal.success) {
        terminals.restore(terminal.data.name, stream);
        this.inherited?.terminals.push(terminal.data);
      } else rest.set(key, value);
    }
    if (this.inherited) this.inherited.notes = rest;
  }

  remember(key: string, value: unknown): void {
    if (value === null && !this.#remembered.delete(key)) return;
    const bytes = key.length + (JSON.stringify(value)?.length ?? 0);
    if (bytes > limits.host.noteBytesMax) return;
    if (value !== null) this.#remembered.add(key);
    this.#keep({ key, value });
  }
}

/** Where a connection stands in the row of those to its sandbox. */
export function beginning(relay: Relay | undefined, waking: Waking | undefined) {
  if (relay) return { attachment: relay.attachment, notes: relay.notes, isFirst: false };
  const { attachments = 0, notes = [] } = waking?.keepsake ?? {};
  return { attachment: attachments + 1, notes, isFirst: attachments === 0 };
}

/** To the daemon: everything up to this frame has been given to listeners and need not be said again. */
export function acknowledge(writer: FrameWriter, seq: number): void {
  const payload = Buffer.allocUnsafe(8);
  payload.writeUInt32LE(seq % 2 ** 32, 0);
  payload.writeUInt32LE(Math.floor(seq / 2 ** 32), 4);
  writer.send(frameType.acknowledged, 0, payload);
}
