/** The store of departures in memory, for tests. */
import type { Departure } from '@cellbook/shared/protocol/departures-api.ts';
import type { DepartureStore } from './departure-store.ts';

interface Kept extends Departure {
  leftAtMs: number;
  settled: boolean;
}

export function createMemoryDepartureStore(): DepartureStore {
  const kept = new Map<string, Kept>();
  let told = 0;
  const keyOf = ({ user, org }: Pick<Departure, 'user' | 'org'>) => `${user} ${org}`;
  return {
    upTo: async () => told,
    async learn(departures, upTo) {
      for (const { user, org, leftAtMs } of departures) {
        const before = kept.get(keyOf({ user, org }));
        if (leftAtMs === null) kept.delete(keyOf({ user, org }));
        else if (before?.leftAtMs !== leftAtMs)
          kept.set(keyOf({ user, org }), { user, org, leftAtMs, settled: false });
      }
      told = upTo;
    },
    hasLeft: async (user, org) => kept.has(keyOf({ user, org })),
    async overdue(beforeMs, limit) {
      const rows = [...kept.values()];
      const recent = new Set(rows.filter(({ leftAtMs }) => leftAtMs >= beforeMs).map(({ user }) => user));
      const due = rows.filter(({ settled, user }) => !settled && !recent.has(user));
      const users = due.toSorted((one, other) => one.leftAtMs - other.leftAtMs).map(({ user }) => user);
      return [...new Set(users)].slice(0, limit);
    },
    async settle(users, beforeMs) {
      for (const one of kept.values())
        if (users.includes(one.user) && one.leftAtMs < beforeMs) one.settled = true;
    },
  };
}
