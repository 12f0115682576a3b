/** Versions of a file: what was saved at its path, and how two of them differ. */
import { z } from 'zod';
import { userIdSchema } from '../ids.ts';

export const versionSchema = z
  .object({
    /** Later ones sort after earlier ones. */
    id: z.string(),
    savedAt: z.iso.datetime(),
    /** Null where the platform itself wrote. */
    savedBy: userIdSchema.nullable(),
    sizeBytes: z.int().nonnegative(),
  })
  .meta({ title: 'Version' });

export const versionListSchema = z
  .object({
    path: z.string(),
    /** Newest first. */
    versions: z.array(versionSchema),
  })
  .meta({ title: 'VersionList' });

/** Lines that are in both, only in the later (`added`), or only in the earlier one (`removed`), in order. */
export const linesSchema = z
  .array(z.object({ op: z.enum(['same', 'added', 'removed']), text: z.string() }))
  .meta({ title: 'Lines' });

export const cellDiffSchema = z
  .object({
    op: z.enum(['same', 'added', 'removed', 'changed']),
    cellType: z.string(),
    /** Where it stands in the earlier and in the later notebook, counted from 0. */
    from: z.int().nullable(),
    to: z.int().nullable(),
    cellId: z.string().nullable(),
    /** Of an added or removed cell all lines; null where the source is the same. */
    source: linesSchema.nullable(),
    outputsChanged: z.boolean(),
    /** Names under `metadata` whose values differ. */
    metadataChanged: z.array(z.string()),
  })
  .meta({ title: 'CellDiff' });
export type CellDiff = z.infer<typeof cellDiffSchema>;

export const diffSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('notebook'),
      cells: z.array(cellDiffSchema),
      metadataChanged: z.array(z.string()),
    }),
    z.object({ kind: z.literal('text'), lines: linesSchema }),
    /** Neither text nor a notebook. */
    z.object({ kind: z.literal('binary'), same: z.boolean(), fromBytes: z.int(), toBytes: z.int() }),
  ])
  .meta({ title: 'FileDiff' });
export type FileDiff = z.infer<typeof diffSchema>;
export type Lines = z.infer<typeof linesSchema>;
