/** What the runtime keeps with a browser's socket while the object that holds it is not in memory. */
import { z } from 'zod';

const keptSchema = z.object({
  socket: z.string(),
  shard: z.int(),
  /** Whose it is and where it leads, in the router's words (edge/src/parking/held.ts). */
  held: z.string(),
  seq: z.int(),
  /** A release before did not keep it. */
  attached: z.int().default(1),
  /** Frames of the browser that had gone to the cell when it was parked. A release before did not keep it. */
  sent: z.int().default(0),
  /** The cell of its last attachment, and where that is. */
  cell: z.string(),
  url: z.string(),
  /** The run of the cell in which it is parked; null: it is attached, or has said something since. */
  parkedIn: z.string().nullable(),
  /** When it was parked, or opened. */
  sinceMs: z.number(),
});
export type Kept = z.infer<typeof keptSchema>;

export const keptOf = (socket: WebSocket): Kept | null =>
  keptSchema.safeParse(socket.deserializeAttachment()).data ?? null;
