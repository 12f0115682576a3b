/** The sums behind the table of costs: pure. */
import { round } from '../measure/statistics.ts';

/** Of some programs at a moment. */
export interface Reading {
  /** What of memory is theirs: shared pages by their share, page cache that can be dropped not at all. */
  memoryBytes: number;
  processes: number;
  descriptors: number;
  /** What they take of one core: 0.5 is half of it. */
  core: number;
}

/** Of a platform at a moment. */
export interface Snapshot {
  /** In the sandboxes' control groups. */
  sandboxes: Reading;
  /** The kernel's own for them, part of `memoryBytes`. */
  kernelBytes: number;
  /** The same by the pages of their processes, which counts shared pages of files, too. */
  pssBytes: number;
  host: Reading;
  cell: Reading;
  edge: Reading;
  /** On the hosts' disks, and in the object store. */
  hostDiskBytes: number;
  storeDiskBytes: number;
}

export interface Cost {
  /** On its host: of the sandbox, and of the daemon's part. */
  memoryMiB: number;
  sandboxMiB: number;
  kernelMiB: number;
  pssMiB: number;
  processes: number;
  descriptors: number;
  /** Of one core. */
  corePercent: number;
  diskMiB: number;
  /** In the object store. */
  storeMiB: number;
  /** Of the cell's process and of workerd. */
  gatewayMiB: number;
  gatewayDescriptors: number;
}

const mebibytes = (bytes: number): number => round(bytes / 1024 ** 2, 2);

/**
 * What one of `count` workspaces adds. Programs around the sandboxes give memory back when they like and use some for
 * themselves, so a small difference of theirs is noise, and may be below nothing: it is shown as it was measured.
 */
export function costOf(before: Snapshot, now: Snapshot, count: number): Cost {
  if (count < 1) throw new RangeError('the cost of no workspace');
  const each = (of: (snapshot: Snapshot) => number): number => (of(now) - of(before)) / count;
  const onHost = (of: keyof Reading) => each(({ sandboxes, host }) => sandboxes[of] + host[of]);
  const atGateway = (of: keyof Reading) => each(({ cell, edge }) => cell[of] + edge[of]);
  return {
    memoryMiB: mebibytes(onHost('memoryBytes')),
    sandboxMiB: mebibytes(each(({ sandboxes }) => sandboxes.memoryBytes)),
    kernelMiB: mebibytes(each(({ kernelBytes }) => kernelBytes)),
    pssMiB: mebibytes(each(({ pssBytes }) => pssBytes)),
    processes: round(onHost('processes'), 2),
    descriptors: round(onHost('descriptors'), 2),
    corePercent: round(onHost('core') * 100, 2),
    diskMiB: mebibytes(each(({ hostDiskBytes }) => hostDiskBytes)),
    storeMiB: mebibytes(each(({ storeDiskBytes }) => storeDiskBytes)),
    gatewayMiB: mebibytes(atGateway('memoryBytes')),
    gatewayDescriptors: round(atGateway('descriptors'), 2),
  };
}

export interface Machine {
  memoryMiB: number;
  diskMiB: number;
  processes: number;
  descriptors: number;
}

export interface Fit {
  /** Null: nothing of what was measured limits them. */
  count: number | null;
  by: keyof Machine | null;
}

/** How many fit on a host where its own programs use `taken`; what is used up first says by what. */
export function fitOn(cost: Cost, machine: Machine, taken: Machine): Fit {
  let fit: Fit = { count: null, by: null };
  for (const by of ['memoryMiB', 'diskMiB', 'processes', 'descriptors'] as const) {
    if (cost[by] <= 0) continue;
    const count = Math.max(0, Math.floor((machine[by] - taken[by]) / cost[by]));
    if (fit.count === null || count < fit.count) fit = { count, by };
  }
  return fit;
}
