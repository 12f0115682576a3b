/**
 * What `nvidia-smi` says, read without trust: a field may be `[N/A]` (the model has no such thing), an error in brackets
 * (the driver cannot tell: something is wrong with that GPU), or missing, when a GPU has fallen off the bus.
 */
import type { Device, DeviceCause } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { guessedMib, type SliceMemory } from './slice-memory.ts';

/** Asked for with `--query-gpu=… --format=csv,noheader,nounits`, in this order. */
export const queriedFields = [
  'index',
  'uuid',
  'name',
  'memory.total',
  'minor_number',
  'pci.bus_id',
  'mig.mode.current',
  'ecc.errors.uncorrected.volatile.total',
  'retired_pages.pending',
  'remapped_rows.pending',
  'remapped_rows.failure',
] as const;
type Field = (typeof queriedFields)[number];

export interface Gpu {
  index: number;
  uuid: string;
  name: string;
  memoryMib: number;
  minor: number | null;
  /** `0000:3b:00`, as the kernel's log writes it. */
  bus: string;
  /** The same as the tool writes it. */
  busId: string;
  mig: boolean;
  /** Why it must not be used; empty: nothing known against it. */
  problem: string;
  cause?: DeviceCause;
}

export function parseGpus(csv: string): Gpu[] {
  return csv.split('\n').flatMap((line) => {
    const values = line.split(',').map((value) => value.trim());
    if (values.length !== queriedFields.length) return [];
    const of = (field: Field): string => values[queriedFields.indexOf(field)] ?? '';
    const [index, memoryMib] = [Number(of('index')), Number.parseInt(of('memory.total'), 10)];
    if (!Number.isInteger(index) || of('index') === '') return [];
    const minor = Number.parseInt(of('minor_number'), 10);
    return [
      {
        ...{ index, uuid: of('uuid'), name: of('name'), memoryMib: memoryMib > 0 ? memoryMib : 1 },
        ...{ minor: Number.isInteger(minor) ? minor : null, bus: kernelBus(of('pci.bus_id')) },
        busId: of('pci.bus_id').toLowerCase(),
        mig: of('mig.mode.current') === 'Enabled',
        ...problemOf(of),
      },
    ];
  });
}

/** `00000000:3B:00.0` of the tool is `0000:3b:00` of the kernel. */
const kernelBus = (bus: string): string =>
  bus
    .toLowerCase()
    .replace(/^0000(?=[0-9a-f]{4}:)/, '')
    .replace(/\.\d$/, '');

function problemOf(of: (field: Field) => string): Pick<Gpu, 'problem' | 'cause'> {
  const broken = queriedFields.find((field) => /^\[(?!N\/A|Not Supported)/.test(of(field)));
  if (broken !== undefined) return { problem: `the driver says ${of(broken)} of ${broken}`, cause: 'driver' };
  const uncorrected = Number.parseInt(of('ecc.errors.uncorrected.volatile.total'), 10);
  if (uncorrected > 0) {
    const problem = `${uncorrected} memory errors that could not be corrected since the driver was loaded`;
    return { problem, cause: 'ecc' };
  }
  const memory = memoryProblems.find(([field]) => isYes(of(field)));
  return memory ? { problem: memory[1], cause: 'memory' } : { problem: '' };
}

const memoryProblems: readonly [Field, string][] = [
  ['remapped_rows.failure', 'a row of its memory could not be remapped: it wants replacing'],
  ['remapped_rows.pending', 'rows of its memory wait to be remapped: it wants a reset'],
  ['retired_pages.pending', 'pages of its memory wait to be retired: it wants a restart'],
];

const isYes = (value: string): boolean => /^(yes|1)$/i.test(value);

export interface Slice {
  gpu: number;
  uuid: string;
  /** `3g.20gb`. */
  profile: string;
  /** Which of its GPU's slices. */
  number: number;
}

/** The slices (MIG) in the answer of `nvidia-smi -L`. */
export function parseSlices(list: string): Slice[] {
  const slices: Slice[] = [];
  let gpu: number | null = null;
  for (const line of list.split('\n')) {
    const head = /^GPU (\d+):/.exec(line);
    if (head) gpu = Number(head[1]);
    const slice = /^\s+MIG (\S+)\s+Device\s+(\d+):\s+\(UUID:\s+(MIG-[^)]+)\)/.exec(line);
    if (!slice || gpu === null) continue;
    const [, profile = '', number, uuid = ''] = slice;
    slices.push({ gpu, profile, number: Number(number), uuid });
  }
  return slices;
}

/** `NVIDIA H100 80GB HBM3` is an H100, `NVIDIA A100-SXM4-40GB` an A100: what jobs ask for by name. */
export function skuOf(name: string): string {
  const words = name
    .replace(/^NVIDIA\s+|^Tesla\s+/gi, '')
    .replace(/^GeForce\s+/i, '')
    .split(/[\s-]+/);
  const [first = 'GPU', second = ''] = words;
  return /^(RTX|GTX)$/i.test(first) ? `${first}${second}` : first.slice(0, 40);
}

/** Devices to hand out: whole GPUs, and in place of one that is cut up its slices. */
export function devicesOf(
  gpus: readonly Gpu[],
  slices: readonly Slice[],
  memory: SliceMemory = new Map(),
): (Device & { gpu: Gpu; slice: boolean })[] {
  const parts = gpus.flatMap((gpu) => {
    const { problem, cause } = gpu;
    const told = { problem: problem.slice(0, 300).toWellFormed(), ...(cause && { cause }) };
    const health = { healthy: problem === '', ...told };
    if (!gpu.mig)
      return [
        { uuid: gpu.uuid, sku: skuOf(gpu.name), memoryMib: gpu.memoryMib, ...health, gpu, slice: false },
      ];
    return slices
      .filter((slice) => slice.gpu === gpu.index)
      .map(({ uuid, profile, number }) => ({
        ...{
          uuid,
          sku: `${skuOf(gpu.name)}-${profile}`,
          memoryMib: memory.get(gpu.busId)?.get(number) ?? guessedMib(profile),
          ...health,
          gpu,
          slice: true,
        },
      }));
  });
  return parts.map((part, index) => ({ index, ...part }));
}
