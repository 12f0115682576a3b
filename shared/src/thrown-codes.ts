import { CellbookError } from './errors.ts';

/** Drizzle wraps what the client threw; deeper than this nothing is wrapped. */
const causesMax = 5;

/** The codes of an error and of what it wraps, as Postgres and its client name them, down to what is typed already. */
export function codesOf(thrown: unknown): string[] {
  const codes: string[] = [];
  let error: unknown = thrown;
  for (let depth = 0; depth < causesMax && error instanceof Error; depth++) {
    if (error instanceof CellbookError) break;
    if ('code' in error && typeof error.code === 'string') codes.push(error.code);
    error = error.cause;
  }
  return codes;
}

/** The class of a SQLSTATE (Postgres 18, appendix A); null of any other code. */
export const classOf = (code: string): string | null =>
  /^[0-9A-Z]{5}$/.test(code) ? code.slice(0, 2) : null;
