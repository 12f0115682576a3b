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

/**
 * How much more than others a customer may have been served, an hour of a GPU, and still be next with a job that a person
 * waits in front of. Without an end to it whoever says that of all his jobs would have the whole tier.
 */
export const interactiveAheadMs = 3_600_000;

/** Whose first job is before whose: by customer, a person in front of it with a head start, then by job. */
export function isBefore(a: ShapeClass, b: ShapeClass): boolean {
  const [tagOfA, tagOfB] = [turnOf(a), turnOf(b)];
  if (tagOfA !== tagOfB) return tagOfA < tagOfB;
  if (a.interactive !== b.interactive) return a.interactive;
  if (a.key !== b.key) return a.key < b.key;
  return a.sequence < b.sequence;
}

const turnOf = ({ tag, interactive }: ShapeClass): number => (interactive ? tag - interactiveAheadMs : tag);

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
