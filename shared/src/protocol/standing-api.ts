/**
 * How cells hear that a right has ended or changed, so that what was opened with it ends with it. The directory
 * keeps a log of such facts, numbered in the order they were committed. All are statements (statements.ts):
 *
 * | at   | request              | body                        | answer |
 * | ---- | -------------------- | --------------------------- | ------ |
 * | edge | POST /cells/standing | asked, signed by the cell   | told, signed by the edge: every fact above `after` |
 * | cell | PUT /standing        | told, signed by the edge    | 200; right after a change, and it may be lost |
 *
 * Every cell asks at an interval: that is what bounds how long a socket outlives its right. Facts are only ever
 * added to what a cell knows, and the newest of a subject counts, so what comes twice, late or out of order changes
 * nothing.
 */
import { z } from 'zod';
import { cellIdSchema, type OrgId, type UserId } from '../ids.ts';
import { limits } from '../limits.ts';

export const standingAskType = 'cellbook-standing-ask';
export const standingToldType = 'cellbook-standing-told';

/**
 * | kind    | subject                                 | ms                                                     |
 * | ------- | --------------------------------------- | ------------------------------------------------------ |
 * | revoked | a key's or session's id                 | when it would have ended by itself                     |
 * | revoked | a user's id                             | his sessions (not keys) that end until then are ended  |
 * | changed | a user's, organisation's or key's id    | when: what was said of it before holds no more         |
 * | changed | a membership (`memberSubject`)          | the same, of what a user is in that organisation alone |
 * | policy  | an organisation's id                    | when: the same, of what it has set (quotas, recording) |
 */
/** What one organisation decides of a member ends nothing that he has open in another. */
export const memberSubject = (user: UserId, org: OrgId): string => `${user} ${org}`;

export const factSchema = z.object({
  kind: z.enum(['revoked', 'changed', 'policy']),
  subject: z.string().min(1).max(64),
  ms: z.int(),
});
export type Fact = z.infer<typeof factSchema>;

const envelope = { from: z.string(), to: z.string(), iat: z.int() };

export const standingAskSchema = z.object({
  ...{ ...envelope, from: cellIdSchema },
  after: z.int().nonnegative(),
});

export const toldSchema = z.object({
  /** Holds every fact whose number is above `after` and not above `upTo`. */
  after: z.int().nonnegative(),
  upTo: z.int().nonnegative(),
  /** There are more above `upTo`. */
  more: z.boolean(),
  facts: z.array(factSchema).max(limits.standing.pageFactsMax),
});
export type Told = z.infer<typeof toldSchema>;
export const standingToldSchema = toldSchema.extend(envelope);
