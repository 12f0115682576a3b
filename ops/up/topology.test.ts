import { describe, expect, it } from 'vitest';
import { defaultTopology, formatTopology, topologySchema } from './topology.ts';

describe('the cells of a platform', () => {
  it('are two regions of two cells each unless told otherwise', () => {
    expect(topologySchema.parse(defaultTopology)).toEqual([
      { cellId: 'eu-1', regionId: 'eu' },
      { cellId: 'eu-2', regionId: 'eu' },
      { cellId: 'us-1', regionId: 'us' },
      { cellId: 'us-2', regionId: 'us' },
    ]);
  });

  it.each(['eu=eu-1', 'eu=eu-1,eu-2;us=us-1', 'a=b;c=d'])('%s reads as it is written', (text) => {
    expect(formatTopology(topologySchema.parse(text))).toBe(text);
  });

  it('may be written with spaces and a semicolon at the end', () => {
    expect(formatTopology(topologySchema.parse(' eu = eu-1, eu-2 ; '))).toBe('eu=eu-1,eu-2');
  });

  it.each([
    ['', 'nothing'],
    ['eu', 'a region without cells'],
    ['eu=', 'a region with no cell'],
    ['eu=eu-1,', 'an empty cell'],
    ['=eu-1', 'an empty region'],
    ['eu=eu-1=eu-2', 'two equals signs'],
    ['EU=eu-1', 'capital letters'],
    ['eu=eu 1', 'a space inside a name'],
    ['eu=../eu', 'a path'],
    ['eu=eu-1;us=eu-1', 'one cell in two regions'],
    [`eu=${Array.from({ length: 17 }, (_, index) => `eu-${index}`).join(',')}`, 'seventeen cells'],
  ])('“%s” is refused: %s', (text) => {
    expect(topologySchema.safeParse(text).success).toBe(false);
  });
});
