/**
 * What looks like a credential in a file that was saved: `GET /v1/workspaces/:id/findings`, the field
 * `cellbook_findings` of a saved contents model, the header `cellbook-findings` of its answer, and the Jupyter
 * event of this schema. They tell where to look and what it resembles, never what it is.
 */
import { z } from 'zod';

/** Of a save's answer: how many there are, `pending` (an event follows) or `skipped` (not looked at). */
export const findingsHeader = 'cellbook-findings';

/** `{path, count, findings}`; count 0 when a file that was flagged is so no longer. */
export const findingsEvent = 'urn:cellbook:events:credential_findings';

export const findingSchema = z
  .object({
    /** The rule and what it found, as in `github/GITHUB_TOKEN`. */
    rule: z.string(),
    /** Index of the notebook's cell, from 0; null in a text file and in a notebook's metadata. */
    cell: z.number().int().nullable(),
    part: z.enum(['source', 'output', 'metadata', 'text']),
    /** Of that part, from 1. */
    line: z.number().int(),
    /** At most the public prefix of its kind, and its length: `ghp_… (40 characters)`. */
    hint: z.string(),
  })
  .meta({ title: 'Finding' });
export type Finding = z.infer<typeof findingSchema>;

export const flaggedFileSchema = z
  .object({
    path: z.string(),
    savedAt: z.iso.datetime(),
    findings: z.array(findingSchema),
  })
  .meta({ title: 'FlaggedFile' });

export const findingListSchema = z
  .object({ files: z.array(flaggedFileSchema) })
  .meta({ title: 'FindingList' });
