import { describe, expect, it } from 'vitest';
import { gpuTopology } from './gpu-topology.ts';
import { defaultTopology, topologySchema } from './topology.ts';

const cells = topologySchema.parse(defaultTopology);

describe('the GPU hosts of a platform', () => {
  it('are two of different models in each region, unless told otherwise', () => {
    const places = gpuTopology('auto', cells);
    expect(places.map(({ schedulerId }) => schedulerId)).toEqual(['gpu-eu', 'gpu-us']);
    for (const { hosts } of places) expect(new Set(hosts.map(({ devices }) => devices)).size).toBe(2);
    const names = places.flatMap(({ hosts }) => hosts.map(({ hostId }) => hostId));
    expect(names).toEqual(['gpu-eu-a', 'gpu-eu-b', 'gpu-us-a', 'gpu-us-b']);
  });

  it('are left out when they are off, and in a region that is not named', () => {
    expect(gpuTopology('off', cells)).toEqual([]);
    expect(gpuTopology('us=L4*2', cells).map(({ regionId }) => regionId)).toEqual(['us']);
  });

  it('are the machine’s own GPUs where that is asked for, of one host at the most', () => {
    const places = gpuTopology('eu=nvidia;us=L4*2', cells);
    expect(places.map(({ hosts }) => hosts.map(({ devices }) => devices))).toEqual([
      ['nvidia'],
      ['simulated:L4*2'],
    ]);
    expect(() => gpuTopology('eu=nvidia,L4*2', cells)).toThrow(/lack the programs/);
    expect(() => gpuTopology('eu=nvidia;us=nvidia', cells)).toThrow(/one host/);
  });

  it.each(['asia=L4*2', 'eu', 'eu=', 'eu=L4', 'eu=L4*x', 'eu=L4*2,'])(
    'are refused in words when written %s',
    (text) => expect(() => gpuTopology(text, cells)).toThrow(/is no region|is not <model>/),
  );
});
