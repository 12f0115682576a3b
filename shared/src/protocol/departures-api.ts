/**
 * How cells hear that somebody has left an organisation, so that nothing of it, and nothing of his, gets into what he
 * has left there. The directory keeps one row for each membership that has ended, numbered anew with each change; a
 * cell keeps what it was told, and the number that it was told up to. All are statements (statements.ts):
 *
 * | at   | request                | body                      | answer |
 * | ---- | ---------------------- | ------------------------- | ------ |
 * | edge | POST /cells/departures | asked, signed by the cell | told, signed by the edge: every change above `after` |
 *
 * A cell asks when it hears that a membership has changed (standing-api.ts), and at an interval. Told twice, or late,
 * nothing is different.
 */
import { z } from 'zod';
import { cellIdSchema, orgIdSchema, userIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';

export const departuresAskType = 'cellbook-departures-ask';
export const departuresToldType = 'cellbook-departures-told';

export const departureSchema = z.object({
  user: userIdSchema,
  org: orgIdSchema,
  /** When he left; null: he has come back since. */
  leftAtMs: z.int().nullable(),
});
export type Departure = z.infer<typeof departureSchema>;

const envelope = { from: z.string(), to: z.string(), iat: z.int() };

export const departuresAskSchema = z.object({
  ...{ ...envelope, from: cellIdSchema },
  after: z.int().nonnegative(),
  /** Who left so long ago that the cell would forget what it keeps for them. */
  waiting: z.array(userIdSchema).max(limits.departures.waitingMax),
});

const toldSchema = z.object({
  /** Holds every change whose number is above what was asked and not above this. */
  upTo: z.int().nonnegative(),
  /** There are more above `upTo`. */
  more: z.boolean(),
  departures: z.array(departureSchema).max(limits.departures.pageMax),
  /** Of those that wait: who may still come to live in this cell's region, by a membership he has. */
  mayLiveHere: z.array(userIdSchema).max(limits.departures.waitingMax),
});
export type DeparturesTold = z.infer<typeof toldSchema>;
export const departuresToldSchema = toldSchema.extend(envelope);
