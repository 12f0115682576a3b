/**
 * What a test run comes to. Pure: reports in, counts and problems out. A skipped test is a problem unless it
 * stands with its reason in allowed-skips.json, and the real parts the product is made of can never stand
 * there: a run without them says nothing.
 */
import { z } from 'zod';

/** The part of vitest's JSON report that counts. */
export const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});
export type Report = z.infer<typeof reportSchema>;

export const allowedSkipsSchema = z.array(
  z.object({ test: z.string().min(1), reason: z.string().min(10) }).strict(),
);
export type AllowedSkips = z.infer<typeof allowedSkipsSchema>;

export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
  problems: string[];
}

const neverSkipped = /postgres|redis|workerd|runsc|gvisor|ipykernel|chromium/i;

export function summarise(reports: Report[], allowed: AllowedSkips): Summary {
  const summary: Summary = { passed: 0, failed: 0, skipped: 0, problems: [] };
  for (const entry of allowed) {
    if (neverSkipped.test(`${entry.test} ${entry.reason}`)) {
      summary.problems.push(`allowed-skips.json names a part that may never be skipped: ${entry.test}`);
    }
  }
  for (const file of reports.flatMap((report) => report.testResults)) {
    for (const test of file.assertionResults) count(test, file.name, allowed, summary);
    // A file that does not load has no tests to fail.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      summary.failed++;
      summary.problems.push(`${file.name} failed as a whole: ${file.message.split('\n')[0]}`);
    }
  }
  return summary;
}

function count(
  test: Report['testResults'][number]['assertionResults'][number],
  file: string,
  allowed: AllowedSkips,
  summary: Summary,
): void {
  const name = test.fullName.trim();
  if (test.status === 'passed') {
    summary.passed++;
  } else if (test.status === 'failed') {
    summary.failed++;
    summary.problems.push(`failed: ${file}: ${name}`);
  } else {
    summary.skipped++;
    if (!allowed.some((entry) => entry.test === name)) {
      summary.problems.push(`skipped without a reason in allowed-skips.json: ${file}: ${name}`);
    }
  }
}

/** The last line of every run, alone on it. */
export function summaryLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
