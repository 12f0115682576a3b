/** What a notebook's user is told when what he saved holds something that looks like a credential. Pure. */
import { z } from 'zod';

/** The event's schema, as the cell names it (shared/src/protocol/findings-api.ts). */
export const findingsEvent = 'urn:cellbook:events:credential_findings';

const emissionSchema = z.object({
  schema_id: z.literal(findingsEvent),
  path: z.string(),
  count: z.number(),
  findings: z.array(z.object({ rule: z.string(), cell: z.number().nullable(), line: z.number() })),
});

export interface FindingNews {
  path: string;
  /** Tells one state of a file from the next, so that a save that changes nothing says nothing. */
  key: string;
  /** Null when the file is clean again. */
  text: string | null;
}

/** Null for an event of another kind. JupyterLab shows at most 140 characters of a notification. */
export function findingNews(emission: unknown): FindingNews | null {
  const parsed = emissionSchema.safeParse(emission);
  if (!parsed.success) return null;
  const { path, count, findings } = parsed.data;
  const key = findings.map(({ rule, cell }) => `${rule} ${cell}`).join();
  const [first] = findings;
  if (first === undefined) return { path, key, text: null };
  const name = shortened(path.split('/').at(-1) ?? path);
  const where = first.cell === null ? `line ${first.line}` : `cell ${first.cell + 1}`;
  const more = count > 1 ? ` and ${count - 1} more` : '';
  return {
    path,
    key,
    text: `${name} has what looks like a credential (${where}${more}). Keep it as a secret instead.`,
  };
}

const shortened = (name: string): string => (name.length > 40 ? `${name.slice(0, 39)}…` : name);
