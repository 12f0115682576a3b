import { expect, test } from 'vitest';
import { keptOf, stillNeeded } from './pins-in-use.ts';

const nowMs = Date.UTC(2026, 0, 2);
const at = (ms: number) => new Date(ms).toISOString();
const key = (kid: string, stage: 'next' | 'signing' | 'old', retiresAt: string | null = null) => ({
  ...{ kid, stage, since: null, retiresAt },
});
const rings = {
  pins: [key('new', 'signing'), key('over', 'old', at(nowMs)), key('young', 'old', at(nowMs + 1))],
};

test('those stay that sign, that will, and whose time has not come; a named one goes unless it signs', () => {
  expect(keptOf(rings, [], nowMs)).toEqual(['new', 'young']);
  expect(keptOf(rings, ['young', 'new'], nowMs)).toEqual(['new']);
  expect(keptOf({ pins: [key('one', 'signing'), key('two', 'next')] }, [], nowMs)).toEqual(['one', 'two']);
});

test.each([
  ['every cell has the newest, signed by one that stays', 'new', [7, 8], false, null],
  ['the newest is signed by one that goes', 'over', [7, 7], false, 'are signed with over'],
  ['it is, and others know that one', 'over', [7, 7], true, 'are signed with over'],
  ['a cell goes by older ones', 'new', [7, 6], false, 'cell-1 may still go by older pins'],
  ['a cell does not answer', 'new', [7, null], false, 'cell-1 may still go by older pins'],
  ['a cell goes by older ones, and others know the key', 'new', [7, 6], true, null],
])('where %s', (_, kid, epochs, isKnown, problem) => {
  const cells = epochs.map((epoch, index) => ({ id: `cell-${index}`, epoch }));
  const told = stillNeeded({ newest: { epoch: 7, kid }, cells }, ['new', 'young'], isKnown);
  if (problem === null) expect(told).toBeNull();
  else expect(told).toContain(problem);
});
