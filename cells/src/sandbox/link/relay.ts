/**
 * What changes for a link when a host daemon stands between the controller and the sandbox: the sandbox
 * outlives the controller, so the link may begin in the middle. The daemon keeps what the controller has not
 * acknowledged yet and the notes it has left, and gives both to the next one.
 */
import { kernelIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { SandboxExit } from '../driver.ts';
import type { FrameWriter } from './frame-writer.ts';
import { encodeEnvelope, frameType } from './frames.ts';
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
export const firstStream = ({ attachment }: Relay): number => (attachment * 2 ** 16) % 2 ** 32 || 1;
export const firstRequest = ({ attachment }: Relay): number => (attachment * 2 ** 20) % 2 ** 32 || 1;

export const kernelNote = (stream: number): string => `kernel/${stream}`;
export const terminalNote = (stream: number): string => `terminal/${stream}`;

const terminalNoteSchema = z.object({ name: z.string(), directory: z.string() });

export class Relayed {
  readonly inherited: Inherited | null;
  readonly #relay: Relay;
  readonly #writer: FrameWriter;
  readonly #remembered = new Set<string>();
  exit: SandboxExit | null = null;

  constructor(relay: Relay, writer: FrameWriter) {
    this.#relay = relay;
    this.#writer = writer;
    for (const [key] of relay.notes) this.#remembered.add(key);
    this.inherited = relay.attachment === 1 ? null : { kernels: [], terminals: [], notes: new Map() };
  }

  /** Which streams stand for what, as the controller before has noted. */
  restore(kernels: StreamNames<string>, terminals: StreamNames<string>): void {
    const rest = new Map<string, unknown>();
    for (const [key, value] of this.#relay.notes) {
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
    const payload = encodeEnvelope({ key, value });
    if (payload.length > limits.host.noteBytesMax) return;
    if (value !== null) this.#remembered.add(key);
    this.#writer.send(frameType.note, 0, payload);
  }

  /** Everything up to this frame has been given to listeners: it need not be said again. */
  acknowledge(seq: number): void {
    const payload = Buffer.allocUnsafe(8);
    payload.writeUInt32LE(seq % 2 ** 32, 0);
    payload.writeUInt32LE(Math.floor(seq / 2 ** 32), 4);
    this.#writer.send(frameType.acknowledged, 0, payload);
  }

  ended(exit: SandboxExit): void {
    this.exit = exit;
  }
}
