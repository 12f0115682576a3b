/**
 * What the operator lets sandboxes reach, from the file that CELLBOOK_EGRESS names (absent: the package indexes,
 * and nothing else). `off` is no network at all.
 *
 *   {"indexUrl": "https://mirror.corp/simple", "allow": [{"host": "*.corp", "ports": [443], "tiers": ["enterprise"]}]}
 */
import { readFile } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { type EgressRule, packageIndexes, ruleOfUrl, ruleSchema } from './rules.ts';

export interface EgressPolicy {
  rules: readonly EgressRule[];
  /** What pip is told to ask; null: its own default. */
  indexUrl: string | null;
}

const fileSchema = z.strictObject({
  /** The index that pip asks, wherever it is. */
  indexUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Others by URL: where an index's files are, conda's channels. */
  mirrors: z.array(z.url({ protocol: /^https?$/ })).default([]),
  /** Whether the public package indexes are reached too. */
  packageIndexes: z.boolean().default(true),
  allow: z.array(ruleSchema).default([]),
});

/** Null: no network. Throws `bad_request` for a file that is not what it should be. */
export async function readEgressPolicy(file: string | null): Promise<EgressPolicy | null> {
  if (file === 'off') return null;
  if (file === null) return { rules: packageIndexes, indexUrl: null };
  const parsed = fileSchema.safeParse(await readJson(file));
  if (!parsed.success) throw malformed(file, z.prettifyError(parsed.error), parsed.error);
  const { indexUrl = null, mirrors, allow, packageIndexes: isDefault } = parsed.data;
  const byUrl = [...(indexUrl === null ? [] : [indexUrl]), ...mirrors].map(ruleOfUrl);
  return { indexUrl, rules: [...byUrl, ...allow, ...(isDefault ? packageIndexes : [])] };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw malformed(file, 'it cannot be read as JSON', cause);
  }
}

const malformed = (file: string, problem: string, cause: unknown): CellbookError =>
  new CellbookError('bad_request', {
    doing: `reading what sandboxes may reach from ${file}`,
    problem,
    next: 'Mend the file that CELLBOOK_EGRESS names, unset it, or set it to `off`: ops/runbooks/egress.md.',
    cause,
  });
