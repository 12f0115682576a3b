/**
 * A reporter of vitest that writes down how many errors belonged to no test: rejections that nobody heard,
 * throws out of timers. A second look at the failed tests must not cover them.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter } from 'vitest/node';

/** Where the number goes. */
export const strayErrorsVariable = 'CELLBOOK_TEST_STRAY_ERRORS';

export default class StrayErrors implements Reporter {
  onTestRunEnd(_modules: unknown, errors: readonly unknown[]): void {
    const path = process.env[strayErrorsVariable];
    if (path) writeFileSync(path, String(errors.length));
  }
}
