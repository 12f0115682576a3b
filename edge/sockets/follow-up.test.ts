import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import { followUp } from './follow-up.ts';

const parked = { parkedIn: 'run 1', sinceMs: 0, attachedTo: null };
const attached = { parkedIn: null, sinceMs: 0, attachedTo: 'run 1' };

test.each([
  ['parked in this run: it stays', parked, 'run 1', 1, 'nothing'],
  ['parked in another: the cell does not know it', parked, 'run 2', 1, 'attach'],
  ['attached to this run: it stays', attached, 'run 1', 1, 'nothing'],
  ['attached to another: half open, its cell has gone without a word', attached, 'run 2', 1, 'end'],
  ['on its way: it is seen to', { ...attached, attachedTo: null }, 'run 2', 1, 'nothing'],
  [
    'parked for half a day: whoever is there comes back',
    parked,
    'run 1',
    limits.parking.parkedMsMax + 1,
    'end',
  ],
  ['attached for days: it stays', attached, 'run 1', 10 * limits.parking.parkedMsMax, 'nothing'],
] as const)('%s', (_, socket, run, nowMs, kind) => {
  expect(followUp(socket, run, nowMs).kind).toBe(kind);
});
