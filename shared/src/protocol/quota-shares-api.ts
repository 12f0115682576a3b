/**
 * How the cells of a platform keep one quota of an organisation (shared/src/quota/shares.ts). All are statements
 * (statements.ts):
 *
 * | at   | request             | body                    | answer |
 * | ---- | ------------------- | ----------------------- | ------ |
 * | edge | POST /cells/quota   | ask, signed by the cell | granted, signed by the edge |
 * | cell | POST /quota/recall  | recall, by the edge     | an ask like any other, which gives something back |
 */
import { z } from 'zod';
import { cellIdSchema, orgIdSchema } from '../ids.ts';
import { quotaSchema } from './quota.ts';

export const quotaAskType = 'cellbook-quota-ask';
export const quotaGrantedType = 'cellbook-quota-granted';
export const quotaRecallType = 'cellbook-quota-recall';

export const amountsSchema = quotaSchema;
export type Amounts = z.infer<typeof amountsSchema>;

export const shareAskSchema = z.object({
  org: orgIdSchema,
  /** Counts this cell's asks about this organisation; only the newest is acted upon. */
  ask: z.int().positive(),
  /** What the organisation uses of each in this cell. */
  used: amountsSchema,
  /** What the cell goes by until it is answered: it is never granted less. */
  keep: amountsSchema,
  /** What it wants room for now, beyond `used`. */
  need: amountsSchema.partial(),
  /** It gives back, and is to have `keep` and no more. */
  givesBack: z.boolean(),
});
export type ShareAsk = z.infer<typeof shareAskSchema>;

const envelope = { from: z.string(), to: z.string(), iat: z.int() };
export const quotaAskSchema = shareAskSchema.extend({ ...envelope, from: cellIdSchema });

export const shareGrantSchema = z.object({
  org: orgIdSchema,
  ask: z.int(),
  /** The ask is older than one that was acted upon: nothing has changed, and the cell asks anew above this. */
  stale: z.boolean(),
  /** All of the organisation's quota: it has one person, and he lives here. */
  whole: z.boolean(),
  allowed: amountsSchema,
  /** What it would be granted if it held nothing: more than this it should give back. */
  fair: amountsSchema,
  /** What the other cells have used, as they last said. */
  usedElsewhere: amountsSchema,
  /** Cells that hold unused quota and could not be asked to give it back. */
  unreached: z.array(cellIdSchema),
});
export type ShareGrant = z.infer<typeof shareGrantSchema>;
export const quotaGrantedSchema = shareGrantSchema.extend(envelope);

export const recallSchema = z.object({ org: orgIdSchema, need: amountsSchema.partial() });
export type Recall = z.infer<typeof recallSchema>;
export const quotaRecallSchema = recallSchema.extend(envelope);
