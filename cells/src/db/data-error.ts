import { classOf, codesOf } from '@cellbook/shared/thrown-codes.ts';

/** Classes of SQLSTATE (Postgres 18, appendix A): 22 data exception, 23 a constraint that is violated. */
const dataClasses = new Set<string | null>(['22', '23']);

/** What was asked for is at fault, or one of many things that were asked for together. */
export const isDataError = (thrown: unknown): boolean =>
  codesOf(thrown).some((code) => dataClasses.has(classOf(code)));
