import { describe, expect, it } from 'vitest';
import { readUnittest } from './python-tests.ts';

describe('reading what unittest says', () => {
  it('counts a clean run', () => {
    expect(readUnittest('....\nRan 4 tests in 0.1s\n\nOK\n', 0)).toEqual({
      passed: 4,
      failed: 0,
      skipped: 0,
      problems: [],
    });
  });

  it('counts failures, errors and skips, and takes each for a problem', () => {
    const output = 'Ran 9 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=3)\n';
    const summary = readUnittest(output, 1);
    expect(summary).toMatchObject({ passed: 3, failed: 3, skipped: 3 });
    expect(summary.problems).toHaveLength(2);
  });

  it('counts one failure when Python itself does not run', () => {
    expect(readUnittest('No module named unittest', 1)).toMatchObject({ passed: 0, failed: 1 });
  });
});
