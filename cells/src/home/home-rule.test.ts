import { readFileSync } from 'node:fs';
import { cellIdSchema, newOrgId, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { layoutDocument, overridden, shareOut } from '@cellbook/shared/pins/build.ts';
import { parsePins } from '@cellbook/shared/pins/pins.ts';
import { type Principal, principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it, test } from 'vitest';
import { type Judgement, judge, leaving } from './home-rule.ts';

const [eu, us] = [regionIdSchema.parse('eu'), regionIdSchema.parse('us')];
const here = { cellId: cellIdSchema.parse('eu-1'), regionId: eu };
const there = cellIdSchema.parse('eu-2');
const random = seededRandom(7);
const [ada, eve] = [newUserId(random), newUserId(random)];
const cells = [here.cellId, there].map((id) => ({ id, region: eu, url: `http://${id}.test` }));
const pinsOf = (owner: string, epoch = 5) => {
  const layout = overridden(shareOut(cells), [ada], cellIdSchema.parse(owner));
  return parsePins({ epoch, ...layoutDocument(layout) });
};
const principal = (change: Partial<Principal> = {}): Principal => ({
  ...principalSchema.parse({
    ...{ iss: 'cellbook-edge', aud: here.cellId, sub: ada, org: newOrgId(random), name: 'Ada' },
    ...{ tier: 'free', via: 'token', region: eu, pin: 5, iat: 0, exp: 60 },
  }),
  ...change,
});

const rows = readFileSync(new URL('home-rule.ts', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith(' * | '))
  .slice(2)
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, 4),
  );

describe('the table', () => {
  it('has all eight cases', () => expect(rows).toHaveLength(8));

  it.each(rows)('cell has %s, naming %s: %s', (has = '', names, answer) => {
    const pin = has.includes('p < c') ? 4 : has.includes('p > c') ? 6 : 5;
    const at = names === 'not asked' ? { at: { cell: here.cellId } } : {};
    const owners = names === 'this cell' ? [here.cellId] : [there];
    for (const owner of owners) {
      const pins = has === 'no pins' ? null : pinsOf(owner);
      const expected: Judgement =
        answer === '421' ? { serve: false, owner: there, epoch: 5 } : { serve: true };
      expect(judge(here, pins, principal({ pin, ...at }))).toEqual(expected);
    }
  });
});

test('a user of a region without a table is nobody’s, and 421 where the edge’s pins are no newer', () => {
  const elsewhere = principal({ sub: eve, region: us });
  expect(judge(here, pinsOf(here.cellId), elsewhere)).toEqual({ serve: false, owner: null, epoch: 5 });
  expect(judge(here, pinsOf(here.cellId), { ...elsewhere, pin: 6 })).toEqual({ serve: true });
});

test('of a request addressed to a user, it is that user’s home that counts', () => {
  const admin = principal({ sub: eve, region: us, at: { user: ada, region: eu } });
  expect(judge(here, pinsOf(here.cellId), admin)).toEqual({ serve: true });
  expect(judge(here, pinsOf(there), admin)).toMatchObject({ serve: false, owner: there });
});

test('a principal that says no region is of the cell’s own', () => {
  const { region: _, ...older } = principal();
  expect(judge(here, pinsOf(here.cellId), older)).toEqual({ serve: true });
});

test('whoever would be sent elsewhere is named, and nobody else', () => {
  const residents = [
    { userId: ada, region: eu },
    { userId: eve, region: eu },
  ];
  const eveHere = overridden(shareOut(cells), [eve], here.cellId);
  const pins = parsePins({ epoch: 6, ...layoutDocument(overridden(eveHere, [ada], there)) });
  expect(leaving(here, pins, residents)).toEqual([{ userId: ada, region: eu }]);
});
