import { CellbookError } from '@cellbook/shared/errors.ts';

/** What a person is told when a command fails: an expected failure in words, a bug with its stack. */
export function explain(thrown: unknown): string {
  if (!(thrown instanceof CellbookError)) return thrown instanceof Error ? `${thrown.stack}` : String(thrown);
  const cause = thrown.cause instanceof Error ? `because: ${thrown.cause.message}` : undefined;
  return [thrown.message, cause, thrown.next].filter(Boolean).join('\n');
}
