import { limits } from '@cellbook/shared/limits.ts';
import { describe, expect, test } from 'vitest';
import { keyUses, type Ring, retire, rotate, signingOf, timesOf } from './key-ring.ts';

const key = (kid: string) => ({ kty: 'oct', kid });
const startMs = 1_000_000;
const first: Ring = [{ jwk: key('one'), stage: 'signing', sinceMs: startMs }];
const stages = (ring: Ring) => ring.map(({ jwk, stage }) => `${jwk.kid} ${stage}`);
const ringOf = (rotated: ReturnType<typeof rotate>): Ring => {
  if ('ring' in rotated) return rotated.ring;
  throw new Error(`no ring: ${rotated.did}`);
};

describe.each(keyUses)('a ring of %s', (use) => {
  const { settleMs, lifeMs } = timesOf[use];
  const added = () => ringOf(rotate(use, first, startMs, key('two')));
  const promoted = () => ringOf(rotate(use, added(), startMs + settleMs, key('three')));

  test('takes up a new key that signs nothing yet', () => {
    expect(stages(added())).toEqual(['one signing', 'two next']);
    expect(signingOf(added()).kid).toBe('one');
  });

  test('does not sign with it before everybody knows it', () => {
    const early = rotate(use, added(), startMs + settleMs - 1, key('three'));
    expect(early).toEqual({ did: 'waits', untilMs: startMs + settleMs });
  });

  test('signs with it then, first in the ring, and still verifies with the old one', () => {
    expect(stages(promoted())).toEqual(['two signing', 'one old']);
  });

  test('takes the old one away when what it signed has ended, and not a moment before', () => {
    const promotedMs = startMs + settleMs;
    expect(stages(retire(use, promoted(), promotedMs + lifeMs - 1))).toEqual(['two signing', 'one old']);
    expect(stages(retire(use, promoted(), promotedMs + lifeMs))).toEqual(['two signing']);
  });

  test('takes one that others know away at once, but never the one that signs', () => {
    expect(stages(retire(use, promoted(), startMs, ['one']))).toEqual(['two signing']);
    expect(stages(retire(use, promoted(), startMs, ['two']))).toEqual(['two signing', 'one old']);
  });

  test('is full at its limit rather than pushing out a key that somebody still needs', () => {
    let ring = first;
    let nowMs = startMs;
    for (;;) {
      const rotated = rotate(use, ring, nowMs, key(`key-${nowMs}`));
      if (!('ring' in rotated)) {
        expect(rotated.did).toBe('full');
        break;
      }
      ring = rotated.ring;
      nowMs += settleMs;
    }
    expect(ring).toHaveLength(limits.edge.keysPerRingMax);
  });
});
