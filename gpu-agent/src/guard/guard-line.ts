import { z } from 'zod';
import { identitySchema } from '../run/processes.ts';

const watchSchema = z.object({
  attemptId: z.string(),
  marks: z.object({
    leader: identitySchema.nullable(),
    processLists: z.array(z.string()),
    variable: z.string(),
  }),
  /** A decimal number, too large for JSON's. */
  untilNs: z.string().regex(/^\d+$/),
});
export type Watch = z.infer<typeof watchSchema>;

export const guardLineSchema = z.union([z.object({ watch: watchSchema }), z.object({ over: z.string() })]);
export type GuardLine = z.infer<typeof guardLineSchema>;
