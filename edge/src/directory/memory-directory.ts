/** The directory in memory: for tests and simulation. */
import type { Directory } from './directory.ts';
import { heldOf, verdictOf } from './revoked.ts';

export function createMemoryDirectory(revoked = new Map<string, number>()): Directory {
  return {
    async revokeSession(id, untilMs) {
      revoked.set(id, Math.max(untilMs, revoked.get(id) ?? 0));
    },
    async revocations(nowMs, max) {
      const live = [...revoked].filter(([, untilMs]) => untilMs > nowMs);
      return heldOf(
        live.sort(([, one], [, other]) => other - one),
        max,
      );
    },
    async isRevoked(credential) {
      return verdictOf(revoked, credential) === 'revoked';
    },
  };
}
