import { describe, expect, it } from 'vitest';
import { type Report, summarise, summaryLine } from './summary.ts';

function report(statuses: Record<string, string>, fileStatus = 'passed'): Report {
  const assertionResults = Object.entries(statuses).map(([fullName, status]) => ({ fullName, status }));
  return { testResults: [{ name: 'a.test.ts', status: fileStatus, message: 'it broke', assertionResults }] };
}

describe('the summary of a test run', () => {
  it('counts what passed, failed and was skipped over all reports', () => {
    const summary = summarise(
      [report({ a: 'passed', b: 'failed' }, 'failed'), report({ c: 'passed', d: 'skipped' })],
      [{ test: 'd', reason: 'needs a real GPU, which few machines have' }],
    );
    expect(summaryLine(summary)).toBe('2 passed, 1 failed, 1 skipped');
    expect(summary.problems).toEqual(['failed: a.test.ts: b']);
  });

  it.each(['skipped', 'pending', 'todo'])(
    'takes a test that is %s without a listed reason for a problem',
    (status) => {
      expect(summarise([report({ a: status })], []).problems).toHaveLength(1);
    },
  );

  it.each(['Postgres', 'Redis', 'workerd', 'runsc', 'ipykernel', 'Chromium'])(
    'refuses a listed skip that names %s, in the test or in the reason',
    (part) => {
      const inReason = summarise([], [{ test: 'a', reason: `there is no ${part} on this machine` }]);
      const inTest = summarise([], [{ test: `a test on ${part}`, reason: 'it is not to be had here' }]);
      expect([inReason.problems.length, inTest.problems.length]).toEqual([1, 1]);
    },
  );

  it('counts a file that does not load as a failure', () => {
    const summary = summarise([report({}, 'failed')], []);
    expect(summary).toMatchObject({ failed: 1, problems: ['a.test.ts failed as a whole: it broke'] });
  });
});
