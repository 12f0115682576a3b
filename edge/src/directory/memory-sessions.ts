/** Where people are signed in, in memory: for tests and simulation. */
import { limits } from '@cellbook/shared/limits.ts';
import type { MemoryTables } from './memory-tables.ts';
import type { People, SessionRow } from './people.ts';

export function memorySessions(
  tables: MemoryTables,
): Pick<People, 'startSession' | 'listSessions' | 'seeSession' | 'endSession'> {
  const rowOf = ({ userId, ...row }: MemoryTables['sessions'][number]): SessionRow => row;
  return {
    async startSession(session) {
      const present = tables.sessions.find(({ id }) => id === session.id);
      if (present) present.org = session.org;
      else tables.sessions.unshift({ ...session });
      const live = tables.sessions.filter(({ userId }) => userId === session.userId);
      const ends = live.map(({ expiresAtMs }) => expiresAtMs);
      markOldest(tables, session.userId, ends, limits.edge.sessionsPerUserMax);
    },
    async listSessions(userId, nowMs) {
      return tables.sessions
        .filter((session) => session.userId === userId && session.expiresAtMs > nowMs)
        .slice(0, limits.edge.sessionsPerUserMax)
        .map(rowOf);
    },
    async seeSession(id, nowMs) {
      const session = tables.sessions.find((one) => one.id === id);
      if (session && session.lastSeenAtMs < nowMs - limits.edge.sessionSeenMs) session.lastSeenAtMs = nowMs;
    },
    async endSession(userId, id, nowMs) {
      const at = tables.sessions.findIndex(
        (one) => one.id === id && one.userId === userId && one.expiresAtMs > nowMs,
      );
      const [session] = at < 0 ? [] : tables.sessions.splice(at, 1);
      if (!session) return null;
      tables.revoked.set(id, session.expiresAtMs);
      tables.ended.set(id, { userId, untilMs: session.expiresAtMs });
      const his = [...tables.ended.values()].filter((one) => one.userId === userId);
      const ends = his.map(({ untilMs }) => untilMs);
      markOldest(tables, userId, ends, limits.edge.endedSessionsPerUserMax);
      return rowOf(session);
    },
  };
}

/** As ended-sessions.ts: what ends sooner than the `max` newest is ended by one mark, and is no row any more. */
function markOldest(tables: MemoryTables, userId: string, ends: readonly number[], max: number): void {
  const oldestKept = [...ends].sort((one, other) => other - one)[max - 1] ?? Number.NEGATIVE_INFINITY;
  const marked = ends.filter((end) => end < oldestKept);
  if (marked.length > 0) markEnded(tables, userId, Math.max(...marked));
}

/** Each by itself; how many lived. */
export function endEvery(tables: MemoryTables, userId: string, nowMs: number): number {
  const his = tables.sessions.filter((one) => one.userId === userId && one.expiresAtMs > nowMs);
  for (const { id, expiresAtMs } of his) tables.revoked.set(id, expiresAtMs);
  const kept = tables.sessions.filter((one) => one.userId !== userId);
  tables.sessions.splice(0, tables.sessions.length, ...kept);
  return his.length;
}

function markEnded(tables: MemoryTables, userId: string, endMs: number): void {
  const markMs = Math.max(tables.revoked.get(userId) ?? 0, endMs);
  tables.revoked.set(userId, markMs);
  for (const [id, ended] of tables.ended) {
    if (ended.userId !== userId || ended.untilMs > markMs) continue;
    tables.ended.delete(id);
    tables.revoked.delete(id);
  }
  const kept = tables.sessions.filter((one) => one.userId !== userId || one.expiresAtMs > markMs);
  tables.sessions.splice(0, tables.sessions.length, ...kept);
}
