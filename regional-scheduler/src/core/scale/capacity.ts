/**
 * What is known of hosts that a provider gives: the fold of `node_…` events, and of what was submitted and placed, as
 * far as the size of the fleet depends on it.
 *
 *     asked ─▶ up ─▶ leaving ─▶ removing ─▶ (removed)
 *       │       ▲       │
 *       ▼       └───────┘
 *     (failed)
 *
 * A node has a number that no other had or will have. The provider is asked by it, after the asking is on record: a
 * leader that dies in between is followed by one that asks again, by the same number, and gets the same node. What a
 * provider has and nobody here knows, of a number that was given out, has failed or was removed: it is taken back.
 */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { NodeKind } from '../model/policy.ts';

export type NodePhase = 'asked' | 'up' | 'leaving' | 'removing';

export interface NodeRecord {
  node: string;
  hostId: HostId;
  kind: NodeKind;
  phase: NodePhase;
  askedMs: number;
}

export interface CapacityState {
  nodes: Map<string, NodeRecord>;
  /** Nodes ever asked for: the next has the next number. */
  asked: number;
  /** That failed one after the other, and until when none is asked for therefore. */
  failures: number;
  notBeforeMs: number;
  /** By SKU: when there last were not too many GPUs of it. */
  tightMs: Record<string, number>;
  /** By kind of node: predicted GPU time of what was submitted for it, less by a factor e each ten minutes. */
  offered: Record<string, { gpuMs: number; atMs: number }>;
}

export function newCapacity(): CapacityState {
  return { nodes: new Map(), asked: 0, failures: 0, notBeforeMs: 0, tightMs: {}, offered: {} };
}

const smoothedMs = 10 * 60_000;

/** How many GPUs what comes in keeps busy. */
export function offeredGpus({ offered }: CapacityState, kind: string, nowMs: number): number {
  const seen = offered[kind];
  return seen ? (seen.gpuMs * decay(nowMs - seen.atMs)) / smoothedMs : 0;
}

export function noteOffered({ offered }: CapacityState, kind: string, gpuMs: number, nowMs: number): void {
  const seen = offered[kind];
  offered[kind] = { gpuMs: (seen ? seen.gpuMs * decay(nowMs - seen.atMs) : 0) + gpuMs, atMs: nowMs };
}

function decay(passedMs: number): number {
  return Math.exp(-Math.max(0, passedMs) / smoothedMs);
}

/** The kind that a job is counted for; null: none would do. */
export function kindFor(
  nodes: readonly NodeKind[],
  job: { gpus: number; gpuMemoryMib: number; skus: readonly string[] | null },
): NodeKind | null {
  const fits = ({ gpus, gpuMemoryMib, sku }: NodeKind) =>
    gpus >= job.gpus && gpuMemoryMib >= job.gpuMemoryMib && (job.skus === null || job.skus.includes(sku));
  return nodes.find(fits) ?? null;
}
