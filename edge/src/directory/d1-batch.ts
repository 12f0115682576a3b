/** Statements to D1 as one transaction under a deadline; whatever fails is a typed error (d1-errors.ts). */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
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
 * Marks what credentials say of this subject (a user's id, an organisation's, a membership) as old: every edge derives
 * it anew within a minute. In the same transaction as the change; where nothing changed it costs a read. The time grows
 * over all subjects, whatever the clocks of edges say: so whoever has read one change has read all that are as old.
 */
export function noteChange(db: D1Database, subject: string, nowMs: number): D1PreparedStatement {
  return db
    .prepare(`INSERT INTO changes (subject, at, until) VALUES (?1, ${laterThanAll('?2')}, ?3) ${later}`)
    .bind(subject, nowMs, untilMs(nowMs));
}

/**
 * As `noteChange`, of a membership, before it is changed: what he is elsewhere goes on. Nobody is marked who is no
 * member: an admin who names strangers would else fill what every edge reads.
 */
export function noteMemberChange(
  db: D1Database,
  org: OrgId,
  user: UserId,
  nowMs: number,
): D1PreparedStatement {
  const condition = 'SELECT 1 FROM members WHERE org_id = ?4 AND user_id = ?5';
  return noteWhere(db, condition, memberSubject(user, org), nowMs, org, user);
}

/** As `noteMemberChange`, of who has accepted this invitation: edges may still hold that he is no member. */
export function noteAccepted(
  db: D1Database,
  { id, hash }: { id: string; hash: string },
  user: UserId,
  nowMs: number,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO changes (subject, at, until) SELECT ?4 || ' ' || org_id, ${laterThanAll('?2')}, ?3 FROM invitations
       WHERE id = ?1 AND hash = ?5 AND accepted_by = ?4 ${later}`,
    )
    .bind(id, nowMs, untilMs(nowMs), user, hash);
}

/** As `noteMemberChange`, of a service account. */
export function noteServiceAccountChange(
  db: D1Database,
  org: string,
  id: string,
  nowMs: number,
): D1PreparedStatement {
  const condition = 'SELECT 1 FROM service_accounts WHERE org_id = ?4 AND id = ?5';
  return noteWhere(db, condition, id, nowMs, org, id);
}

function noteWhere(
  db: D1Database,
  condition: string,
  subject: string,
  nowMs: number,
  ...bound: string[]
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO changes (subject, at, until) SELECT ?1, ${laterThanAll('?2')}, ?3 WHERE EXISTS (${condition}) ${later}`,
    )
    .bind(subject, nowMs, untilMs(nowMs), ...bound);
}

export const laterThanAll = (now: string): string =>
  `max(${now}, coalesce((SELECT max(at) + 1 FROM changes), 0))`;
const later = 'ON CONFLICT (subject) DO UPDATE SET at = excluded.at, until = max(until, excluded.until)';
const untilMs = (nowMs: number): number => nowMs + limits.edge.changeSettlesMs + limits.edge.tokenTtlMsMax;
