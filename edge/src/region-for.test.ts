import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { regionsSchema } from '@cellbook/shared/protocol/regions.ts';
import { expect, test } from 'vitest';
import { regionFor } from './region-for.ts';

const regions = regionsSchema.parse([
  { id: 'us', name: 'Americas', continents: ['NA', 'SA'] },
  { id: 'eu', name: 'Europe', continents: ['EU', 'AF'] },
]);
const eu = regionIdSchema.parse('eu');

test.each([
  ['the organisation has decided', { policy: eu, asked: 'us', continent: 'NA' }, 'eu'],
  ['the person has chosen', { policy: null, asked: 'eu', continent: 'NA' }, 'eu'],
  ['the person has chosen what is no region of ours', { policy: null, asked: 'mars', continent: 'EU' }, 'eu'],
  ['only the continent is known', { policy: null, asked: null, continent: 'AF' }, 'eu'],
  ['the continent has no region', { policy: null, asked: null, continent: 'AN' }, 'us'],
  ['nothing is known', { policy: null, asked: null, continent: undefined }, 'us'],
])('where %s', (_what, wish, expected) => {
  expect(regionFor({ ...wish, regions })).toBe(expected);
});
