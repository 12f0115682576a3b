/**
 * Who guards the queue of a GPU region, kept outside of all regions (by the edge's directory, `POST /regions/record`)
 * and changed by comparing its epoch: every change of guardian and every claim raises it, so that of two who change it
 * at once one is refused and reads what the other did. regional-scheduler/src/core/federation/guardian.ts tells the
 * whole protocol; no clock in it decides whether something is safe, only how soon a region counts as lost.
 *
 *     renew(4)          heard of: the claim has to wait until `untilMs`
 *     guard(4, us)      epoch 5, guarded by us (null: by nobody, and nobody can claim)
 *     claim(5, by us)   epoch 6, guarded by nobody; the claim of 5 is told to whoever returns
 *     claim(6, by us)   at an operator's word, while nobody has returned: what ran there is taken as well
 */
import { z } from 'zod';
import { regionIdSchema } from '../ids.ts';

export const regionRecordSchema = z.object({
  epoch: z.int().min(0),
  /** Null: nobody may claim. */
  guardian: regionIdSchema.nullable(),
  /** By the record's clock. */
  untilMs: z.number(),
  /** The last one: of which epoch, and under which one what is taken was copied. */
  claim: z
    .object({ epoch: z.int(), of: z.int(), by: regionIdSchema, takes: z.enum(['queued', 'all']) })
    .nullable(),
});
export type RegionRecord = z.infer<typeof regionRecordSchema>;

export const noRecord: RegionRecord = { epoch: 0, guardian: null, untilMs: 0, claim: null };

const epoch = z.int().min(0);
const ttlMs = z.int().min(1_000).max(86_400_000);
export const recordChangeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('renew'), epoch, ttlMs }),
  z.object({ type: z.literal('guard'), epoch, ttlMs, guardian: regionIdSchema.nullable() }),
  /**
   * An operator's word that the region is lost (`lost`), so that its time is not waited for, or that no scheduler of it
   * is left to let anything run on there (`stopped`), so that what ran is taken as well.
   */
  z.object({
    ...{ type: z.literal('claim'), epoch, by: regionIdSchema },
    word: z.enum(['lost', 'stopped']).nullable(),
  }),
]);
export type RecordChange = z.infer<typeof recordChangeSchema>;

const refusals = ['epoch', 'not_guardian', 'not_expired'] as const;
export type RecordRefusal = (typeof refusals)[number];

/** The record after a change, or why there is none. `nowMs` is the record's own clock. */
export function changeRecord(
  record: RegionRecord,
  change: RecordChange,
  nowMs: number,
): RegionRecord | RecordRefusal {
  if (change.epoch !== record.epoch) return 'epoch';
  switch (change.type) {
    case 'renew':
      return { ...record, untilMs: nowMs + change.ttlMs };
    case 'guard':
      return {
        ...record,
        epoch: record.epoch + 1,
        guardian: change.guardian,
        untilMs: nowMs + change.ttlMs,
      };
    case 'claim':
      return claimed(record, change, nowMs);
  }
}

function claimed(
  record: RegionRecord,
  { by, word }: Extract<RecordChange, { type: 'claim' }>,
  nowMs: number,
): RegionRecord | RecordRefusal {
  const { epoch, claim } = record;
  // Who comes back changes the record before anything else: nobody has.
  const isMore = word === 'stopped' && claim?.by === by && claim.epoch === epoch - 1;
  if (record.guardian !== by && !isMore) return 'not_guardian';
  if (word === null && nowMs < record.untilMs) return 'not_expired';
  const takes = word === 'stopped' ? 'all' : 'queued';
  const of = isMore ? claim.of : epoch;
  return { ...record, epoch: epoch + 1, guardian: null, claim: { epoch, of, by, takes } };
}

/** Null: it is only read (region-asks.ts). */
export const recordAskSchema = z.object({ region: regionIdSchema, change: recordChangeSchema.nullable() });
export type RecordAsk = z.infer<typeof recordAskSchema>;
export const recordAnswerSchema = z.object({
  record: regionRecordSchema,
  refused: z.enum(refusals).nullable(),
});
export type RecordAnswer = z.infer<typeof recordAnswerSchema>;
