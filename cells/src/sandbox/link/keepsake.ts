/**
 * What is kept of a connection beside a sandbox's memory, so that the one after a restore goes on where this
 * one stopped: both sides' numbers, what no controller has acknowledged yet, and what was noted for a
 * successor. To the controller a restored sandbox is one that it takes over.
 *
 *     QUIESCE, QUIESCED ── keepsake() ── image ── Waking ──▶ RESTORED (protocol 1: RESUME), HELLO, attached
 */
import { z } from 'zod';
import { encodeEnvelope, frameType } from './frames.ts';
import { helloSchema } from './schemas.ts';

const count = z.int().nonnegative();

export const keepsakeSchema = z.object({
  hello: helloSchema,
  /** The newest frame sent to the supervisor, and the newest heard from it. */
  sentSeq: count,
  heardSeq: count,
  /** How many connections to this sandbox there have been: each has its own range of numbers. */
  attachments: z.int().positive(),
  notes: z.array(z.tuple([z.string(), z.unknown()])),
  /** Whole frames, one after the other, that were said and not acknowledged. */
  held: z.custom<Buffer>(Buffer.isBuffer),
});
export type Keepsake = z.infer<typeof keepsakeSchema>;

/** What a restored supervisor is told of itself. */
export interface Restored {
  settings: Readonly<Record<string, unknown>>;
  environment: Readonly<Record<string, string>>;
  entropy: Buffer;
}

export interface Waking {
  keepsake: Keepsake;
  restored: Restored;
}

/** The first supervisor that knows RESTORED; those before are woken like one that was only quiet. */
const protocolOfRestored = 2;

/** The first frame to a supervisor that was restored. */
export function wakingFrame({ keepsake, restored }: Waking): { type: number; payload: Buffer } {
  if (keepsake.hello.protoMax < protocolOfRestored)
    return { type: frameType.resume, payload: Buffer.alloc(0) };
  return restoredFrame(restored);
}

export function restoredFrame({ entropy, ...told }: Restored): { type: number; payload: Buffer } {
  return { type: frameType.restored, payload: encodeEnvelope(told, entropy) };
}
