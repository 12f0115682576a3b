import type { RegionId } from '@cellbook/shared/ids.ts';
import { expect, test } from 'vitest';
import { regionsOf } from './regions-of.ts';

const [eu, us] = ['eu', 'us'] as RegionId[] as [RegionId, RegionId];
const repeat = { everySeconds: 60, times: 2, overlap: 'skip' } as const;

test.each([
  ['anywhere, where nobody says anything', {}, null, null],
  ['where its organisation is kept to', {}, [eu], [eu]],
  ['where its request says, within that', { regions: [eu] }, [eu, us], [eu]],
  ['where its request says', { regions: [eu, us] }, null, [eu, us]],
  ['here alone, where it is repeated', { repeat }, null, [eu]],
  ['here alone, where it is repeated and might go', { repeat, regions: [eu, us] }, [eu, us], [eu]],
])('a job may run %s', (_where, job, allowed, expected) => {
  expect(regionsOf(job, allowed, eu)).toEqual(expected);
});

test.each([
  ['its request leaves this region out', { regions: [us] }, null, 'this is region eu'],
  ['its organisation is kept to another', {}, [us], 'this is region eu'],
  ['its request names one that its organisation is not kept to', { regions: [eu, us] }, [eu], 'region us'],
  ['it is repeated, and not for here', { repeat, regions: [us] }, null, 'this is region eu'],
])('none is taken in where %s', (_why, job, allowed, problem) => {
  const why = expect.objectContaining({ code: 'region_refused', problem: expect.stringContaining(problem) });
  expect(() => regionsOf(job, allowed, eu)).toThrow(why);
});
