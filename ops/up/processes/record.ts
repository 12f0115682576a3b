import { z } from 'zod';
import { processIdentitySchema } from './proc.ts';

/** In the environment of every program a platform starts: the home directory it belongs to. */
export const homeVariable = 'CELLBOOK_SUPERVISED_HOME';

/**
 * Who goes first: whoever others need goes last. A host that stops has what runs there suspended by its cell's
 * controller, as for its owner, so that the next start finds nothing lost.
 */
export const stopOrder = { edge: 0, host: 1, cell: 2, redis: 3, postgres: 4 } as const;

/** `run/<name>.json`: a program that was started and not yet seen to end. */
export const childRecordSchema = processIdentitySchema.extend({
  name: z.string(),
  stopOrder: z.int().nonnegative(),
  stopSignal: z.enum(['SIGINT', 'SIGTERM']),
  stopDeadlineMs: z.int().positive(),
});
export type ChildRecord = z.infer<typeof childRecordSchema>;
