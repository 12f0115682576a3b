/**
 * What a failure of D1 means. D1 has no code of its own: SQLite's stands in the text of its error, as a word
 * (`SQLITE_CONSTRAINT`), and that word alone is read. A failure without one never reached SQLite: the store is away.
 *
 *   conflict      another row has this place: a UNIQUE or a primary key
 *   bug           a statement or a value that is wrong wherever it is sent: trying again is of no use
 *   unavailable   everything else
 */
export type D1Failure = 'conflict' | 'bug' | 'unavailable';

const bugs: ReadonlySet<string> = new Set([
  'SQLITE_ERROR',
  'SQLITE_MISMATCH',
  'SQLITE_RANGE',
  'SQLITE_TOOBIG',
]);

export function failureOf(thrown: unknown): D1Failure {
  if (thrown instanceof TypeError) return 'bug';
  const text = thrown instanceof Error ? thrown.message : '';
  const code = /\bSQLITE_[A-Z]+/.exec(text)?.[0] ?? '';
  if (code === 'SQLITE_CONSTRAINT') return /\bUNIQUE\b/.test(text) ? 'conflict' : 'bug';
  return bugs.has(code) || /\bD1_TYPE_ERROR\b/.test(text) ? 'bug' : 'unavailable';
}
