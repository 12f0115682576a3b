import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { gpuNodes, scaleOf } from './gpu-nodes.ts';
import { gpuTopology } from './gpu-topology.ts';
import { topologySchema } from './topology.ts';

const eu = regionIdSchema.parse('eu');
const cells = topologySchema.parse('eu=eu-1;us=us-1');
const places = gpuTopology('eu=L4*2,H100*8;us=A100*4', cells);

describe('hosts that come and go', () => {
  it('are none unless they are asked for, and of one kind in each region', () => {
    expect(gpuNodes('off', places).size).toBe(0);
    expect(gpuNodes('eu=L4*2:3', places)).toEqual(new Map([[eu, { sku: 'L4', gpus: 2, most: 3 }]]));
  });

  it('come on top of what the region has of that model', () => {
    const { nodes } = scaleOf(places[0]!, { sku: 'L4', gpus: 2, most: 3 }, 60_000);
    expect(nodes).toEqual([
      {
        ...{ name: 'l4x2', sku: 'L4', gpus: 2, gpuMemoryMib: 23_034, provisionMs: 60_000 },
        ...{ gpusMin: 2, gpusMax: 8 },
      },
    ]);
  });

  it.each(['mars=L4*2:3', 'eu=L4:3', 'eu=L4*2', 'eu=L4*0:1'])('are not read from %s', (setting) =>
    expect(() => gpuNodes(setting, places)).toThrow(),
  );
});
