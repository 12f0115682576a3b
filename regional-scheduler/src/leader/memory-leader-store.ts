import type { Clock } from '@cellbook/shared/clock.ts';
import type { LeaderStore } from './leader-store.ts';

export function createMemoryLeaderStore(clock: Clock): LeaderStore & { epoch(): number } {
  let row = { holder: '', url: '', epoch: 0, expiresAtMs: Number.NEGATIVE_INFINITY };
  const isHeldBy = (holder: string, epoch: number) => row.holder === holder && row.epoch === epoch;
  return {
    epoch: () => row.epoch,
    async acquire({ holder, url, ttlMs }) {
      if (row.holder !== holder && clock.monotonicMs() < row.expiresAtMs) return null;
      row = { holder, url, epoch: row.epoch + 1, expiresAtMs: clock.monotonicMs() + ttlMs };
      return row.epoch;
    },
    async renew(holder, epoch, ttlMs) {
      if (!isHeldBy(holder, epoch) || clock.monotonicMs() >= row.expiresAtMs) return false;
      row.expiresAtMs = clock.monotonicMs() + ttlMs;
      return true;
    },
    async release(holder, epoch) {
      if (isHeldBy(holder, epoch)) row.expiresAtMs = Number.NEGATIVE_INFINITY;
    },
    async current() {
      if (row.epoch === 0) return null;
      const { holder, url, epoch } = row;
      return { holder, url, epoch, isValid: clock.monotonicMs() < row.expiresAtMs };
    },
  };
}
