/** What came of looking at one chain. */
import { z } from 'zod';

/** As `cells/src/audit/main.ts verify` prints it. */
export const reportSchema = z.object({
  chain: z.string(),
  rows: z.int(),
  first: z.int().nullable(),
  last: z.int().nullable(),
  signedThrough: z.int(),
  findings: z.array(z.object({ kind: z.string(), seq: z.int(), expected: z.string(), found: z.string() })),
});

export type Verified = z.infer<typeof reportSchema> | { chain: string; unread: string };

export function wordsOf(verified: Verified): string {
  if ('unread' in verified) return `${verified.chain}: could not be looked at: ${verified.unread}`;
  const { chain, rows, first, last, signedThrough, findings } = verified;
  const span =
    rows === 0 ? 'no events' : `${rows} events, ${first} to ${last}, signed through ${signedThrough}`;
  if (findings.length === 0) return `${chain}: whole (${span})`;
  const each = findings.map(
    ({ kind, seq, expected, found }) => `  ${kind} at ${seq}: expected ${expected}, found ${found}`,
  );
  return [`${chain}: BROKEN (${span})`, ...each].join('\n');
}

export function exitStatusOf(reports: readonly Verified[]): number {
  if (reports.some((report) => 'findings' in report && report.findings.length > 0)) return 1;
  return reports.some((report) => 'unread' in report) ? 3 : 0;
}
