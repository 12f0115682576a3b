/**
 * Jobs of a tier that can run in the same places: as many GPUs, on the same kinds of host, none of the same hosts, the
 * same binary. (Of versions of it a host may lack one: who wants that is held for a while, and parks nobody.)
 * What fits one of them fits all, so that one that fits nowhere parks them all until room of their kind appears, and
 * nothing that cannot run is looked at twice.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { HostKind } from '../fleet/host.ts';
import type { Heap } from './heap.ts';
import type { Customer, Line } from './line.ts';

export interface ShapeClass {
  id: number;
  classKey: string;
  interactive: boolean;
  gpus: number;
  /** Where it may run, as the fleet is now. */
  kinds: readonly HostKind[];
  /** Where its jobs failed before. */
  avoids: readonly HostId[];
  lines: Heap<Line>;
  /** All its lines, those of customers at their limit too. */
  lineOf: Map<Customer, Line>;
  /** How many wait in it, and their predicted GPU-milliseconds. */
  queued: number;
  work: number;
  /** `room`: it fits nowhere; `ceiling`: its tier holds as much as it may; `both`: it fits only where that is so. */
  parked: null | 'room' | 'ceiling' | 'both';
  /** Of its first job, at the earliest: its customer's tag may have grown since. */
  tag: number;
  key: number;
  sequence: number;
}

/** Where a job waits. */
export type Where = Pick<ShapeClass, 'interactive' | 'gpus' | 'kinds' | 'avoids'> & { key: string };

/** Whose first job is before whose: a person in front of it first, then by customer, then by job. */
export function isBefore(a: ShapeClass, b: ShapeClass): boolean {
  if (a.interactive !== b.interactive) return a.interactive;
  if (a.tag !== b.tag) return a.tag < b.tag;
  if (a.key !== b.key) return a.key < b.key;
  return a.sequence < b.sequence;
}

export interface Shape {
  interactive: boolean;
  gpus: number;
  binary: string;
  skus: readonly string[] | null;
  gpuMemoryMib: number;
}

export function kindsFor(
  shape: Pick<Shape, 'skus' | 'gpuMemoryMib'>,
  kinds: readonly HostKind[],
): HostKind[] {
  return kinds.filter(
    ({ sku, memoryMib }) =>
      memoryMib >= shape.gpuMemoryMib && (shape.skus === null || shape.skus.includes(sku)),
  );
}

export function classKey(shape: Shape, kinds: readonly HostKind[], avoids: readonly HostId[]): string {
  const { interactive, gpus, binary } = shape;
  const where = `${interactive ? 'i' : 'b'}${gpus}@${kinds.map(({ index }) => index).join()}`;
  return `${where}${avoids.length > 0 ? `!${avoids.join()}` : ''} ${binary}`;
}
