/** `/v1/settings/idle`: how long a user's workspaces may be unused, where they have no idle time of their own. */
import { z } from 'zod';
import { idleSecondsSchema } from './quota.ts';

export const idleUsualSchema = z
  .object({
    /** What they get; null means never. What the organisation allows at most holds where it is less. */
    idleSuspendSeconds: idleSecondsSchema.nullable(),
    /** Whether the user has chosen it; otherwise it is his organisation's, or his tier's. */
    isChosen: z.boolean(),
    /** He may choose no longer, nor never; null: what he likes. */
    secondsMax: z.int().nullable(),
  })
  .meta({ title: 'IdleUsual' });
export type IdleUsual = z.infer<typeof idleUsualSchema>;

export const chooseIdleSchema = z
  .strictObject({ idleSuspendSeconds: idleSecondsSchema.nullable() })
  .meta({ title: 'ChooseIdle' });
