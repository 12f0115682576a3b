import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { fragmentedMilli, strandedMilli } from './fragmentation.ts';
import { type Placement, Placer } from './placer.ts';
import { choicesOf, freeGpuMilli, giveBack, type Room, type Shape, take } from './room.ts';
import { type Workload, workloadOf } from './workload.ts';

const room = (freeMilli: number[], more: Partial<Room> = {}): Room => ({
  model: 'T4',
  cpuMilli: 96_000,
  memoryMib: 393_216,
  freeMilli,
  ...more,
});
const shape = (gpus: number, gpuMilli = 1000, more: Partial<Shape> = {}): Shape => ({
  cpuMilli: 8_000,
  memoryMib: 16_384,
  gpus,
  gpuMilli,
  models: null,
  ...more,
});

describe('a room', () => {
  it.each([
    ['whole devices are taken from the front', room([1000, 400, 1000]), shape(2), [[0, 2]]],
    [
      'a share may go to any device, each different rest once',
      room([1000, 400, 1000]),
      shape(1, 300),
      [[0], [1]],
    ],
    ['a share that fits no device fits not', room([200, 200]), shape(1, 300), []],
    ['too few devices fit not', room([1000, 400]), shape(2), []],
    ['too few processors fit not', room([1000], { cpuMilli: 7_999 }), shape(1), []],
    ['too little memory fits not', room([1000], { memoryMib: 1 }), shape(1), []],
    ['another model fits not', room([1000]), shape(1, 1000, { models: ['G2', 'A10'] }), []],
    ['a job without GPUs needs no device', room([]), shape(0, 0), [[]]],
  ])('%s', (_, from, asked, choices) => {
    expect(choicesOf(from, asked)).toEqual(choices);
  });

  it('is as it was when what was taken is given back', () => {
    const before = room([1000, 400]);
    const after = take(before, shape(1, 300), [1]);
    expect(after).toEqual(room([1000, 100], { cpuMilli: 88_000, memoryMib: 376_832 }));
    expect(giveBack(after, shape(1, 300), [1])).toEqual(before);
  });
});

describe('what is of no use', () => {
  const half: Workload = {
    shapes: [
      { shape: shape(1), share: 0.5 },
      { shape: shape(2), share: 0.5 },
    ],
    cpuPerGpuMilli: 8,
  };

  it('is what the usual next job cannot take', () => {
    // One device fits the first shape, whose rest of 400 is too small; the second fits not at all.
    expect(fragmentedMilli(room([1000, 400]), half)).toBe(0.5 * 400 + 0.5 * 1400);
    expect(fragmentedMilli(room([1000, 1000]), half)).toBe(0);
    expect(fragmentedMilli(room([1000, 1000], { cpuMilli: 0 }), half)).toBe(2000);
  });

  it('is also what will lack processors in the end', () => {
    expect(strandedMilli(room([1000, 1000], { cpuMilli: 16_000 }), half)).toBe(0);
    expect(strandedMilli(room([1000, 1000], { cpuMilli: 4_000 }), half)).toBe(1500);
  });

  it('is told from the most frequent shapes, which make up the coverage', () => {
    const history = [
      ...Array.from({ length: 90 }, () => shape(1)),
      ...Array.from({ length: 6 }, () => shape(2)),
      ...Array.from({ length: 4 }, () => shape(8)),
    ];
    const workload = workloadOf(history);
    expect(workload.shapes.map((one) => [one.shape.gpus, one.share])).toEqual([
      [1, 90 / 96],
      [2, 6 / 96],
    ]);
    expect(workload.cpuPerGpuMilli).toBeCloseTo((100 * 8_000) / (134 * 1000), 10);
  });
});

describe('the placer', () => {
  const workload = workloadOf([shape(1), shape(2), shape(8), shape(1, 300)]);

  it('gives equal places to the host named first, and nothing when nothing fits', () => {
    const placer = new Placer({ hosts: [room([1000]), room([1000])], workload, policy: 'gradient' });
    expect(placer.place(shape(1))?.host).toBe(0);
    expect(placer.place(shape(1))?.host).toBe(1);
    expect(placer.place(shape(1))).toBeNull();
  });

  it('keeps whole hosts for gangs: small jobs go where something runs already', () => {
    const whole = () => room(Array.from({ length: 8 }, () => 1000));
    const placer = new Placer({ hosts: [whole(), whole()], workload, policy: 'gradient' });
    const placed = [shape(1), shape(2), shape(1, 300), shape(1, 300)].map((one) => placer.place(one)?.host);
    expect(new Set(placed).size).toBe(1);
    expect(placer.place(shape(8))?.host).toBe(1 - placed[0]!);
  });

  it.each(['gradient', 'fgd', 'best-fit'] as const)(
    'never gives out more than there is, and all of it comes back (%s)',
    (policy) => {
      const random = seededRandom(7);
      const hosts = Array.from({ length: 40 }, (_, at) =>
        room(Array.from({ length: at % 3 === 0 ? 8 : 2 }, () => 1000)),
      );
      const placer = new Placer({ hosts, workload, policy });
      const shapes = [shape(1), shape(2), shape(8), shape(1, 300), shape(0, 0, { cpuMilli: 20_000 })];
      const running: { shape: Shape; placement: Placement }[] = [];
      for (let step = 0; step < 2_000; step++) {
        const asked = shapes[random.int(shapes.length)]!;
        const placement = placer.place(asked);
        if (placement) running.push({ shape: asked, placement });
        else expect(hosts.every((_, at) => choicesOf(placer.room(at), asked).length === 0)).toBe(true);
        if (random.float() < 0.45 && running.length > 0) {
          const [ended] = running.splice(random.int(running.length), 1);
          placer.release(ended!.shape, ended!.placement);
        }
        for (const at of hosts.keys()) {
          const { cpuMilli, memoryMib, freeMilli } = placer.room(at);
          expect(Math.min(cpuMilli, memoryMib, ...freeMilli)).toBeGreaterThanOrEqual(0);
        }
      }
      expect(running.length).toBeGreaterThan(0);
      for (const { shape: ended, placement } of running) placer.release(ended, placement);
      expect(hosts.map((_, at) => placer.room(at))).toEqual(hosts);
      expect(hosts.every((host) => freeGpuMilli(host) > 0)).toBe(true);
    },
  );
});
