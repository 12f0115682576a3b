import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Shape } from '../../core/place/room.ts';
import { readNodes, readPods } from './read-openb.ts';
import { arrivals, runOpenb } from './run-openb.ts';

const traces = fileURLToPath(new URL('../../../../../shared/traces/openb/', import.meta.url));

describe('the openb experiment', () => {
  const one: Shape = { cpuMilli: 1, memoryMib: 1, gpus: 1, gpuMilli: 1000, models: null };

  it('brings each job once, then drawn ones, until enough has been asked for', () => {
    const pods = [one, { ...one, gpus: 2 }];
    const sizes = (until: number) => [...arrivals(pods, until, seededRandom(1))].map((pod) => pod.gpus);
    expect(sizes(3000).sort()).toEqual([1, 2]);
    expect(sizes(10_000).reduce((sum, gpus) => sum + gpus, 0)).toBeGreaterThanOrEqual(10);
    expect([...arrivals([{ ...one, gpus: 0 }], 1000, seededRandom(1))]).toHaveLength(1);
  });

  it('says for a seed the same each time', () => {
    const nodes = [{ model: 'T4', cpuMilli: 8, memoryMib: 8, freeMilli: [1000, 1000] }];
    const run = () => runOpenb({ nodes, pods: [one], policy: 'gradient' }, 3);
    expect(run()).toEqual({ allocationPercent: 100, placed: 2, refused: 1 });
    expect(run()).toEqual(run());
  });

  it.skipIf(!existsSync(traces))(
    'on the published traces gives out more than the published policies',
    {
      timeout: 120_000,
    },
    () => {
      const nodes = readNodes(join(traces, 'openb_node_list_gpu_node.csv'));
      const published = new Map(
        readFileSync(join(traces, 'published_allocation_at_130.csv'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split(','))
          .map(([workload, policy, , , , max]) => [`${workload} ${policy}`, Number(max)]),
      );
      for (const trace of ['default'].map((name) => `openb_pod_list_${name}`)) {
        const pods = readPods(join(traces, `${trace}.csv.gz`));
        const ours = runOpenb({ nodes, pods, policy: 'gradient' }, 1).allocationPercent;
        expect(ours, trace).toBeGreaterThan(published.get(`${trace} 06-FGD`)!);
        // The published policy comes out as published: the cluster and the arrivals are what they were there.
        const fgd = runOpenb({ nodes, pods, policy: 'fgd' }, 1).allocationPercent;
        expect(Math.abs(fgd - published.get(`${trace} 06-FGD`)!), trace).toBeLessThan(0.6);
      }
    },
  );
});

describe('a trace file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cellbook-openb-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it.each([
    ['is missing', null, 'ENOENT'],
    ['is of another form', 'a,b\n1,2\n', 'row 0, cpu_milli'],
    ['has no rows', 'cpu_milli,memory_mib,num_gpu,gpu_milli\n', 'row'],
    ['asks for what no device has', 'cpu_milli,memory_mib,num_gpu,gpu_milli\n1,1,1,1001\n', 'gpu_milli'],
    ['is cut short', 'cpu_milli,memory_mib,num_gpu,gpu_milli\n1,1\n', ''],
  ])('that %s is refused with what to give instead', (_, content, problem) => {
    const path = join(directory, 'pods.csv');
    if (content !== null) writeFileSync(path, content);
    expect(() => readPods(path)).toThrow(
      expect.objectContaining({
        code: 'bad_request',
        problem: expect.stringContaining(problem),
        next: expect.any(String),
      }),
    );
  });
});
