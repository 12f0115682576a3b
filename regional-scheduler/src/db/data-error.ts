/**
 * Whether what was thrown lies in the values that were to be kept and not in the database: the same again fails for
 * ever, and others in the same statement fail with it. SQLSTATE 22 (data exception) and 54 (a limit of the program),
 * and what cannot be written as text here: a moment that no calendar has, a text longer than there may be.
 */
import { classOf, codesOf } from '@cellbook/shared/thrown-codes.ts';

export const isDataError = (thrown: unknown): boolean =>
  thrown instanceof RangeError || codesOf(thrown).some((code) => dataClasses.has(classOf(code)));

const dataClasses = new Set<string | null>(['22', '54']);
