import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refuseOlderEpoch } from './epoch.ts';
import { CellbookError } from './errors.ts';
import { grantLease, isExpired, renewAtMs, renewLease, safeUntilMs } from './lease.ts';

const terms = { ttlMs: 15_000, marginMs: 5_000 };

test('always_the_old_holder_has_stopped_before_the_next_grant', () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.array(fc.nat(20_000), { maxLength: 8 }), (startMs, renewals) => {
      let lease = grantLease('a', null, terms, startMs);
      let nowMs = startMs;
      for (const waitMs of renewals) {
        nowMs += waitMs;
        if (nowMs < safeUntilMs(lease, terms)) lease = renewLease(lease, terms, nowMs);
      }
      expect(isExpired(lease, safeUntilMs(lease, terms) + terms.marginMs - 1)).toBe(false);
      expect(renewAtMs(lease, terms)).toBeLessThan(safeUntilMs(lease, terms));
    }),
  );
});

test('every new grant raises the epoch, a renewal keeps it', () => {
  const first = grantLease('a', null, terms, 0);
  const second = grantLease('b', first, terms, 20_000);
  expect([first.epoch, second.epoch, renewLease(second, terms, 21_000).epoch]).toEqual([1, 2, 2]);
});

test('refuses a write from an older epoch and says which epoch holds', () => {
  refuseOlderEpoch(4, 4, 'the manifest', {});
  refuseOlderEpoch(5, 4, 'the manifest', {});
  try {
    refuseOlderEpoch(3, 4, 'the manifest', { volumeId: 'v' });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(CellbookError);
    expect(error).toMatchObject({
      code: 'stale_epoch',
      ids: { volumeId: 'v', givenEpoch: 3, currentEpoch: 4 },
    });
  }
});
