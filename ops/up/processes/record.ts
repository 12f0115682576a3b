import { z } from 'zod';
import { processIdentitySchema } from './proc.ts';

/** In the environment of every program a platform starts: the home directory it belongs to. */
export const homeVariable = 'CELLBOOK_SUPERVISED_HOME';

/** `run/<name>.json`: a program that was started and not yet seen to end. */
export const childRecordSchema = processIdentitySchema.extend({
  name: z.string(),
  /** The place in the start order; programs are stopped from the last to the first. */
  order: z.int().nonnegative(),
  stopSignal: z.enum(['SIGINT', 'SIGTERM']),
  stopDeadlineMs: z.int().positive(),
});
export type ChildRecord = z.infer<typeof childRecordSchema>;
