/** The directory in memory: for tests and simulation. */
import type { Directory } from './directory.ts';

export function createMemoryDirectory(): Directory {
  const revoked = new Map<string, number>();

  return {
    async revokeSession(id, untilMs) {
      revoked.set(id, untilMs);
    },
    async revocations(nowMs) {
      return [...revoked].filter(([, untilMs]) => untilMs > nowMs).map(([id]) => id);
    },
  };
}
