/** Statements to D1 as one transaction under a deadline; whatever fails is one typed error. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

const asking = {
  code: 'store_unavailable',
  doing: 'asking the directory',
  next: 'Try again in a few seconds.',
} as const;

export type Batch = (statements: D1PreparedStatement[]) => Promise<D1Result[]>;

export function createBatch(db: D1Database, clock: Clock): Batch {
  return async (statements) => {
    try {
      return await withDeadline(clock, limits.edge.directoryMsMax, asking, () => db.batch(statements));
    } catch (cause) {
      if (cause instanceof CellbookError) throw cause;
      throw new CellbookError(asking.code, {
        ...asking,
        problem: 'it cannot be reached at the moment',
        retryAfterMs: limits.edge.unreachableRetryAfterMs,
        cause,
      });
    }
  };
}

/**
 * Marks what credentials say of this subject (a user's id or an organisation's) as old: every edge derives it
 * anew within a minute. In the same transaction as the change; where nothing changed it costs a read.
 */
export function noteChange(db: D1Database, subject: string, nowMs: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO changes (subject, at, until) VALUES (?, ?, ?) ON CONFLICT (subject) DO UPDATE
       SET at = max(at, excluded.at), until = max(until, excluded.until)`,
    )
    .bind(subject, nowMs, nowMs + limits.edge.tokenTtlMsMax);
}
