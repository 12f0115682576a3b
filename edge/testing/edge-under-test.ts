/** The edge of the newest world: what an object of the sockets Worker reaches as its router. */
import type { Edge } from '../src/edge.ts';

let current: (() => Edge) | null = null;

export function putUnderTest(edge: () => Edge): void {
  current = edge;
}

export function edgeUnderTest(): Edge {
  if (!current) throw new Error('no world has been made');
  return current();
}
