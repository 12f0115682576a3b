/** `GET /v1/cells`: the cells that the pins name, for operators. */
import { z } from 'zod';
import { cellIdSchema, regionIdSchema } from '../ids.ts';

export const cellViewSchema = z
  .object({
    id: cellIdSchema,
    region: regionIdSchema,
    /** Of its region's 16,384, by the newest layout: its share of people who come to live there. */
    buckets: z.int().nonnegative(),
    /** Users pinned to it by name. */
    overrides: z.int().nonnegative(),
    /** Whether it says that it can serve; why not, where it does not. */
    ready: z.boolean(),
    problem: z.string().nullable(),
  })
  .meta({ title: 'CellView' });

export const cellListSchema = z
  .object({
    pinEpoch: z.int().nonnegative(),
    /** How many buckets go by the newest layout already; null when all do. */
    rolloutBuckets: z.int().nullable(),
    cells: z.array(cellViewSchema),
  })
  .meta({ title: 'CellList' });
