import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import { judgeScan, type KeptScan, type ScanPolicy } from './judge-scan.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const daysAgo = (days: number) => new Date(nowMs - days * 86_400_000).toISOString();
const finding = (severity: string) => ({ package: 'less', ids: ['CVE-1'], severity });
const scanned = (severities: string[] = [], more: Partial<KeptScan> = {}): KeptScan => ({
  ...{ image: 'one', scannedAt: daysAgo(1), ...more },
  ...{ status: 'scanned', findings: severities.map(finding) },
});
const failed: KeptScan = { image: 'one', scannedAt: daysAgo(0), status: 'not_scanned', why: 'no such host' };
const judged = (scan: KeptScan | null, policy: ScanPolicy = 'refuse') =>
  judgeScan(scan, { image: 'one', nowMs, policy });

const stale = limits.host.imageScanStaleMs / 86_400_000 + 1;

test.each([
  ['nobody has scanned it', null, 'never_scanned', false],
  ['what is there is of another image', scanned([], { image: 'two' }), 'never_scanned', false],
  ['the list was not reached', failed, 'not_scanned', false],
  ['it was scanned long ago', scanned([], { scannedAt: daysAgo(stale) }), 'stale', false],
  ['by a list of long ago', scanned([], { databaseAt: daysAgo(stale) }), 'stale', false],
  ['nothing is known against it', scanned(), 'clean', true],
  ['something is, and nothing critical', scanned(['7.5', '3.1', '']), 'vulnerable', true],
  ['something critical is', scanned(['9.8', '3.1']), 'vulnerable', false],
] as const)('where %s that is a state of its own', (_, scan, state, mayRollOut) => {
  expect(judged(scan)).toMatchObject({ state, mayRollOut });
  expect(judged(scan, 'warn')).toMatchObject({ state, mayRollOut: true });
});

test('findings are counted by grade, and those of another image are not', () => {
  expect(judged(scanned(['10.0', '9.0', '8.9', '7.0', '6.9', ''])).findings).toEqual({
    ...{ critical: 2, high: 2, lower: 1, unrated: 1 },
  });
  expect(judged(scanned(['10.0'], { image: 'two' })).findings.critical).toBe(0);
});
