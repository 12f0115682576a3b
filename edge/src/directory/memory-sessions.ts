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
    },
    async listSessions(userId, nowMs) {
      return tables.sessions
        .filter((session) => session.userId === userId && session.expiresAtMs > nowMs)
        .slice(0, limits.edge.sessionsListedMax)
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
      return rowOf(session);
    },
  };
}
