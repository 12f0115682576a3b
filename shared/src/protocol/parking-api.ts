/**
 * How a browser's socket stays open while nothing needs it at the cell. An object of the edge holds the browser's
 * side for as long as that is open; its upstream to the cell is one attachment after another, numbered by `seq`:
 *
 *     browser ◀════▶ object ◀──attachment 1──▶ cell        nothing has passed for a while: the cell says park
 *     browser ◀════▶ object                    cell        parked: no connection, a row here and there
 *     browser ◀════▶ object ◀──attachment 2──▶ cell        the browser said something, or the cell sent a wake
 *
 * | from, to       | what                                  | meaning |
 * | -------------- | ------------------------------------- | ------- |
 * | object → cell  | upgrade with `parkingHeader`          | attachment `seq` of this socket; the router has judged it as any request |
 * | cell → object  | text `runWord` and the cell's run, first of every attachment | with whom it is: a cell that has started anew is another |
 * | object → cell  | text `goWord` and a number, first of every attachment but the first | it is open at this end too: from here on the cell sends. So many frames of the browser have gone to the cell before |
 * | cell → object  | text `parkWord` and the cell's run    | nothing comes after this; close, and keep the browser's side |
 * | cell → object  | text `endWord`, code and reason       | as the close that follows it, in the turn of a message: a close that is sent in that of a close was seen to stay in the runtime |
 * | object → cell  | close with `parkedCode`               | parked; whatever the browser had said before has come before it |
 * | either         | text `pauseWord`, `resumeWord`        | the other end does not read: what there is for it is kept meanwhile, by whoever has it |
 * | cell → edge    | POST /cells/wake, signed by the cell  | of sockets parked as `seq`: attach again, or end with a code |
 * | edge → cell    | GET /parked                           | the run: a cell that has started anew knows of no parked socket, and each is attached again |
 *
 * What is passed on is JSON or binary frames, so a text that begins with NUL is neither the kernel's nor the
 * browser's; a browser that says one is sent away.
 *
 * Nothing is lost unheard, and nothing comes twice. The cell refuses an attachment whose `seq` is not above the last.
 * One that breaks off without park and end has lost nobody knows what: the browser is closed with 1012, and comes back
 * under its session. So it is where the number of `goWord` is not how many frames the cell has heard. Only where
 * nothing can have been on its way it is attached again as if nothing had been: before `goWord`, and between
 * `parkWord` and its close.
 */
import { z } from 'zod';
import { cellIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';

export const parkingHeader = 'cellbook-parking';
/** On the edge's own way: whose socket it is, from the router to the object and back. */
export const heldHeader = 'cellbook-held';
/** Which cell has answered, from the router to the object. */
export const heldByHeader = 'cellbook-held-by';

export const runWord = '\u0000run ';
export const goWord = '\u0000go ';
export const parkWord = '\u0000park ';
export const endWord = '\u0000end ';
export const pauseWord = '\u0000pause';
export const resumeWord = '\u0000resume';
export const isWord = (frame: unknown): frame is string =>
  typeof frame === 'string' && frame.startsWith('\u0000');
export const parkedCode = 4001;
/** The browser's connection broke: it may be back. (1006 cannot be sent.) */
export const brokenCode = 4006;

const shardSchema = z
  .int()
  .nonnegative()
  .max(limits.parking.shards - 1);

export const parkingSchema = z.object({
  shard: shardSchema,
  socket: z.guid(),
  /** Of the attachment, from 1. */
  seq: z.int().positive(),
});
export type Parking = z.infer<typeof parkingSchema>;

export const writeParking = ({ shard, socket, seq }: Parking): string => `${shard}/${socket}/${seq}`;

/** Null where it is none. */
export function readParking(text: unknown): Parking | null {
  if (typeof text !== 'string') return null;
  const [shard = '', socket, seq = ''] = text.split('/');
  const parsed = parkingSchema.safeParse({ shard: Number(shard), socket, seq: Number(seq) });
  return parsed.success ? parsed.data : null;
}

export const wakeType = 'cellbook-wake';
export const wokenType = 'cellbook-woken';

/** `attach`: there is something for it. `end`: close it so. `ask`: is it still there? */
export const wakeOrderSchema = z.discriminatedUnion('want', [
  z.object({ want: z.enum(['attach', 'ask']), socket: z.guid(), seq: z.int().positive() }),
  z.object({
    want: z.literal('end'),
    socket: z.guid(),
    seq: z.int().positive(),
    code: z.int().min(1000).max(4999),
    reason: z.string().max(120),
  }),
]);
export type WakeOrder = z.infer<typeof wakeOrderSchema>;

const envelope = { from: z.string(), to: z.string(), iat: z.int() };

export const wakeSchema = z.object({
  ...{ ...envelope, from: cellIdSchema },
  shard: shardSchema,
  orders: z.array(wakeOrderSchema).max(limits.parking.wakeOrdersMax),
});

export const wokenSchema = z.object({
  ...envelope,
  /** The edge holds no such socket: it has gone. */
  gone: z.array(z.guid()).max(limits.parking.wakeOrdersMax),
});

export const runSchema = z.object({ run: z.guid() });
