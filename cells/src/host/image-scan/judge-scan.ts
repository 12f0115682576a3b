/**
 * What is known against the image that sandboxes of a host run, and whether that lets a new image be rolled out: pure,
 * from what `npm run scan` has left beside the image (ops/images/scan.ts). What was not found out is a state of its
 * own, never “nothing found”:
 *
 *   state          means
 *   clean          scanned of late, and nothing is known against it
 *   vulnerable     scanned of late, and something is
 *   stale          scanned, or by a list of vulnerabilities, so long ago that it says little
 *   not_scanned    tried, and not found out: the list was not reached, or the scanner failed
 *   never_scanned  nobody has tried, or what lies there is of another image
 *
 * `refuse` keeps a host from starting on an image that it has not run before and that is not known to be good enough;
 * what runs already stays, since a host that does not come back is worse for everybody, and an alert says it.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

export const scanPolicySchema = z.enum(['warn', 'refuse']).default('warn');
export type ScanPolicy = z.infer<typeof scanPolicySchema>;

export const scanStates = ['clean', 'vulnerable', 'stale', 'not_scanned', 'never_scanned'] as const;
export type ScanState = (typeof scanStates)[number];

const findingSchema = z.object({ package: z.string(), ids: z.array(z.string()), severity: z.string() });
const common = {
  image: z.string(),
  scannedAt: z.iso.datetime(),
  /** Of the copy of the list that was read; absent: the list itself was asked. */
  databaseAt: z.iso.datetime().optional(),
};
export const keptScanSchema = z.discriminatedUnion('status', [
  z.object({ ...common, status: z.literal('scanned'), findings: z.array(findingSchema) }),
  z.object({ ...common, status: z.literal('not_scanned'), why: z.string() }),
]);
export type KeptScan = z.infer<typeof keptScanSchema>;

export interface ImageVerdict {
  state: ScanState;
  /** One phrase for a person. */
  why: string;
  /** Vulnerabilities by how grave they are; those that nobody has rated are `unrated`. */
  findings: Record<Grade, number>;
  mayRollOut: boolean;
}

export const grades = ['critical', 'high', 'lower', 'unrated'] as const;
export type Grade = (typeof grades)[number];

export function judgeScan(
  scan: KeptScan | null,
  { image, nowMs, policy }: { image: string; nowMs: number; policy: ScanPolicy },
): ImageVerdict {
  const { state, why } = stateOf(scan, image, nowMs);
  const isOfIt = scan?.status === 'scanned' && scan.image === image;
  const findings = countGrades(isOfIt ? scan.findings.map(({ severity }) => severity) : []);
  const isGoodEnough = state === 'clean' || (state === 'vulnerable' && findings.critical === 0);
  return { state, why, findings, mayRollOut: policy === 'warn' || isGoodEnough };
}

function stateOf(scan: KeptScan | null, image: string, nowMs: number): Pick<ImageVerdict, 'state' | 'why'> {
  if (scan === null) return { state: 'never_scanned', why: 'nobody has scanned it' };
  if (scan.image !== image)
    return { state: 'never_scanned', why: `what lies beside it is of image ${scan.image}` };
  if (scan.status === 'not_scanned')
    return { state: 'not_scanned', why: `it could not be found out: ${scan.why}` };
  const { scannedAt, databaseAt = scannedAt } = scan;
  const askedMs = Math.min(Date.parse(scannedAt), Date.parse(databaseAt));
  if (nowMs - askedMs > limits.host.imageScanStaleMs)
    return { state: 'stale', why: `what was known is of ${new Date(askedMs).toISOString()}` };
  const { length } = scan.findings;
  if (length === 0) return { state: 'clean', why: 'nothing is known against it' };
  return { state: 'vulnerable', why: `${length} vulnerabilities are known in it` };
}

/** By CVSS's own qualitative scale (CVSS v3.1, section 5). */
function countGrades(severities: readonly string[]): Record<Grade, number> {
  const counts: Record<Grade, number> = { critical: 0, high: 0, lower: 0, unrated: 0 };
  for (const severity of severities) counts[gradeOf(severity)] += 1;
  return counts;
}

function gradeOf(severity: string): Grade {
  const score = Number.parseFloat(severity);
  if (Number.isNaN(score)) return 'unrated';
  if (score >= 9) return 'critical';
  return score >= 7 ? 'high' : 'lower';
}
