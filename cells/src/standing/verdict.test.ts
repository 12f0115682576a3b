import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Fact, memberSubject, type Told } from '@cellbook/shared/protocol/standing-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { describe, expect, test } from 'vitest';
import { StandingBook } from './standing-book.ts';
import { endedBy, type Grant } from './verdict.ts';

const nowMs = 1_800_000_000_000;
const [sub, org, other] = [newUserId(systemRandom), newOrgId(systemRandom), newUserId(systemRandom)];
const endsMs = nowMs + 3_600_000;
const grant: Grant = { cred: 'key-1', sub, org, via: 'session', asOf: nowMs - 5, ends: endsMs / 1_000 };
const documentOf = (facts: Fact[], rest: Partial<Told> = {}) => ({
  ...{ after: 0, upTo: 1, more: false, facts },
  ...rest,
});
const bookOf = (...facts: Fact[]) => {
  const book = new StandingBook();
  book.learn(documentOf(facts), 0);
  return book;
};

describe('what was opened with a right', () => {
  test.each<[string, Fact[], Partial<Grant>, ReturnType<typeof endedBy>]>([
    ['goes on where nothing was told', [], {}, null],
    ['goes on where others were told of', [{ kind: 'revoked', subject: 'key-2', ms: endsMs }], {}, null],
    ['ends with its credential', [{ kind: 'revoked', subject: 'key-1', ms: endsMs }], {}, 'revoked'],
    [
      'ends with all sessions of its user that end by then',
      [{ kind: 'revoked', subject: sub, ms: endsMs }],
      {},
      'revoked',
    ],
    ['goes on where those end before it', [{ kind: 'revoked', subject: sub, ms: endsMs - 1_000 }], {}, null],
    [
      'goes on where it is a key and the sessions end',
      [{ kind: 'revoked', subject: sub, ms: endsMs }],
      { via: 'token' },
      null,
    ],
    [
      'ends when the user changed after the edge read him',
      [{ kind: 'changed', subject: sub, ms: nowMs - 4 }],
      {},
      'outdated',
    ],
    [
      'goes on where the edge knew of that change',
      [{ kind: 'changed', subject: sub, ms: nowMs - 5 }],
      {},
      null,
    ],
    ['ends when the organisation changed', [{ kind: 'changed', subject: org, ms: nowMs }], {}, 'outdated'],
    [
      'ends when what he is in the organisation changed',
      [{ kind: 'changed', subject: memberSubject(sub, org), ms: nowMs }],
      {},
      'outdated',
    ],
    [
      'goes on when what he is in another one changed',
      [{ kind: 'changed', subject: memberSubject(sub, newOrgId(systemRandom)), ms: nowMs }],
      {},
      null,
    ],
    ['goes on where another user changed', [{ kind: 'changed', subject: other, ms: nowMs }], {}, null],
    [
      'ends when the organisation has set something',
      [{ kind: 'policy', subject: org, ms: 1 }],
      {},
      'outdated',
    ],
    [
      'goes on where the edge knew what it had set',
      [{ kind: 'policy', subject: org, ms: nowMs }],
      { policyAsOf: nowMs },
      null,
    ],
    [
      'ends when any change is told and the edge knew of none',
      [{ kind: 'changed', subject: sub, ms: 1 }],
      { asOf: undefined },
      'outdated',
    ],
    ['ends when its time has come', [], { ends: nowMs / 1_000 }, 'over'],
  ])('%s', (_, facts, own, ended) => {
    expect(endedBy(bookOf(...facts).told, { ...grant, ...own }, nowMs)).toBe(ended);
  });
});

describe('the book', () => {
  test('takes the newest of a subject, whatever the order in which it is told', () => {
    const fact = (ms: number): Fact => ({ kind: 'changed', subject: sub, ms });
    const book = bookOf(fact(7));
    expect(book.learn(documentOf([fact(5), fact(7)]), 0)).toEqual([]);
    expect(book.told('changed', sub)).toBe(7);
    expect(book.learn(documentOf([fact(8)]), 0)).toEqual([fact(8)]);
    expect(book.told('changed', sub)).toBe(8);
  });

  test('learns what is told beyond a gap, and goes on asking for the gap', () => {
    const book = bookOf();
    expect(book.upTo).toBe(1);
    book.learn(documentOf([{ kind: 'revoked', subject: 'key-9', ms: 1 }], { after: 8, upTo: 9 }), 0);
    expect(book.upTo).toBe(1);
    expect(book.told('revoked', 'key-9')).toBe(1);
    book.learn(documentOf([], { after: 1, upTo: 9 }), 0);
    book.learn(documentOf([], { after: 0, upTo: 3 }), 0);
    expect(book.upTo).toBe(9);
  });

  test('forgets what every edge knows by itself, and holds no more than it may', () => {
    const book = new StandingBook(2);
    const fact = (subject: string): Fact => ({ kind: 'revoked', subject, ms: 1 });
    for (const subject of ['a', 'b', 'c']) book.learn(documentOf([fact(subject)]), 0);
    const held = () => ['a', 'b', 'c', 'd'].filter((subject) => book.told('revoked', subject) !== undefined);
    expect(held()).toEqual(['b', 'c']);
    book.learn(documentOf([fact('d')]), limits.standing.keptMs);
    expect(held()).toEqual(['d']);
  });
});
