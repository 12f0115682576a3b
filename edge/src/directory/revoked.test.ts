import { newUserId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { cutAt, heldOf, type Revocable, verdictOf } from './revoked.ts';

const sub = newUserId(systemRandom);
const session: Revocable = { jti: 'one', sub, via: 'session', exp: 100 };

test.each<[string, [string, number][], Partial<Revocable>, string]>([
  ['what nothing names is live', [['two', 100_000]], {}, 'live'],
  ['its own id revokes it', [['one', 100_000]], {}, 'revoked'],
  ['a mark of its person revokes what ends by then', [[sub, 100_000]], {}, 'revoked'],
  ['and no session that ends later', [[sub, 99_999]], {}, 'live'],
  ['and a workspace’s cookie with its session', [[sub, 100_000]], { via: 'workspace' }, 'revoked'],
  ['and no key', [[sub, 100_000]], { via: 'token' }, 'live'],
  ['where some are missing, one that ends by then is unknown', [[cutAt, 100_000]], {}, 'unknown'],
  ['a key too', [[cutAt, 100_000]], { via: 'token' }, 'unknown'],
  ['one that ends later is known', [[cutAt, 99_999]], {}, 'live'],
  [
    'what is held counts all the same',
    [
      ['one', 200_000],
      [cutAt, 100_000],
    ],
    {},
    'revoked',
  ],
])('%s', (_, held, change, verdict) => {
  expect(verdictOf(new Map(held), { ...session, ...change })).toBe(verdict);
});

test('as many as are held are held whole; one more is a mark', () => {
  const found = [
    ['a', 3],
    ['b', 2],
    ['c', 1],
  ] as const;
  expect([...heldOf(found, 3)]).toEqual(found);
  expect([...heldOf(found, 2)]).toEqual([
    ['a', 3],
    ['b', 2],
    [cutAt, 1],
  ]);
});
