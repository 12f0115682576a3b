/** Statements to D1 as one transaction under a deadline; whatever fails is a typed error (d1-errors.ts). */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { failureOf } from './d1-errors.ts';

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
      throw cause instanceof CellbookError ? cause : failed(cause);
    }
  };
}

function failed(cause: unknown): CellbookError {
  const { doing } = asking;
  switch (failureOf(cause)) {
    case 'conflict':
      return new CellbookError('conflict', {
        ...{ doing, cause },
        problem: 'somebody else has written the same there meanwhile',
        next: 'Look at it again, then repeat what you did if it is still needed.',
      });
    case 'bug':
      return new CellbookError('internal', {
        ...{ doing, cause },
        problem: 'the directory does not take what it was asked',
        next: 'Trying again is of no use: tell your operator.',
      });
    case 'unavailable':
      return new CellbookError(asking.code, {
        ...asking,
        problem: 'it cannot be reached at the moment',
        retryAfterMs: limits.edge.unreachableRetryAfterMs,
        cause,
      });
  }
}

/**
 * Marks what credentials say of this subject (a user's id or an organisation's) as old: every edge derives it
 * anew within a minute. In the same transaction as the change; where nothing changed it costs a read. The time
 * always grows, also where another edge's clock was ahead: who has read it anew knows a change by its time.
 */
export function noteChange(db: D1Database, subject: string, nowMs: number): D1PreparedStatement {
  return db
    .prepare(`INSERT INTO changes (subject, at, until) VALUES (?, ?, ?) ${later}`)
    .bind(subject, nowMs, untilMs(nowMs));
}

/**
 * As `noteChange`, of a member, before he is changed. Nobody is marked who is none: an admin who names strangers
 * would else fill what every edge reads.
 */
export function noteMemberChange(
  db: D1Database,
  org: string,
  user: string,
  nowMs: number,
): D1PreparedStatement {
  return noteWhere(db, 'EXISTS (SELECT 1 FROM members WHERE org_id = ?4 AND user_id = ?1)', org, user, nowMs);
}

/** As `noteMemberChange`, of a service account. */
export function noteServiceAccountChange(
  db: D1Database,
  org: string,
  id: string,
  nowMs: number,
): D1PreparedStatement {
  return noteWhere(
    db,
    'EXISTS (SELECT 1 FROM service_accounts WHERE org_id = ?4 AND id = ?1)',
    org,
    id,
    nowMs,
  );
}

function noteWhere(
  db: D1Database,
  condition: string,
  org: string,
  subject: string,
  nowMs: number,
): D1PreparedStatement {
  return db
    .prepare(`INSERT INTO changes (subject, at, until) SELECT ?1, ?2, ?3 WHERE ${condition} ${later}`)
    .bind(subject, nowMs, untilMs(nowMs), org);
}

const later = `ON CONFLICT (subject) DO UPDATE
  SET at = max(at + 1, excluded.at), until = max(until, excluded.until)`;
const untilMs = (nowMs: number): number => nowMs + limits.edge.changeSettlesMs + limits.edge.tokenTtlMsMax;
