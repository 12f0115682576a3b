import { describe, expect, it } from 'vitest';
import { afterSecondLook, worthASecondLook } from './second-look.ts';
import type { Report } from './summary.ts';

type File = Report['testResults'][number];

function file(name: string, statuses: Record<string, string>, status?: string): File {
  const assertionResults = Object.entries(statuses).map(([fullName, one]) => ({ fullName, status: one }));
  const failed = assertionResults.some((one) => one.status === 'failed');
  return { name, status: status ?? (failed ? 'failed' : 'passed'), message: '', assertionResults };
}
const report = (...testResults: File[]): Report => ({ testResults });

describe('a second look at what failed', () => {
  it('is at the files that failed, also as a whole', () => {
    const first = report(file('a', { one: 'passed' }), file('b', { one: 'failed' }), file('c', {}, 'failed'));
    expect(worthASecondLook(first)).toEqual(['b', 'c']);
  });

  it('is not taken when many files failed: something is broken', () => {
    const files = ['a', 'b', 'c', 'd', 'e'].map((name) => file(name, { one: 'failed' }));
    expect(worthASecondLook(report(...files))).toEqual([]);
  });

  it('counts what passes alone as passed, and names it', () => {
    const first = report(file('a', { one: 'passed', two: 'failed' }), file('b', { one: 'passed' }));
    const again = report(file('a', { one: 'passed', two: 'passed' }));
    const looked = afterSecondLook(first, again);
    expect(looked.unsteady).toEqual(['a: two']);
    expect(looked.report.testResults.map((one) => one.status)).toEqual(['passed', 'passed']);
  });

  it.each([
    ['what failed fails again', report(file('a', { one: 'passed', two: 'failed' }))],
    ['another test of the file fails', report(file('a', { one: 'failed', two: 'passed' }))],
    ['what failed is skipped', report(file('a', { one: 'passed', two: 'skipped' }))],
    ['a test is missing', report(file('a', { two: 'passed' }))],
    ['the file was not run', report()],
  ])('leaves the failure where %s', (_, again) => {
    const first = report(file('a', { one: 'passed', two: 'failed' }));
    expect(afterSecondLook(first, again)).toEqual({ report: first, unsteady: [] });
  });
});
