/** What goes wrong in GPU regions, and with pins: each part has a file of its own; here is the order, which matters. */
import type { GpuWorld } from './gpu-world.ts';
import type { Proof } from './proof.ts';
import { hostProofs, lastHostProofs } from './proofs-of-gpu-hosts.ts';
import { jobProofs } from './proofs-of-gpu-jobs.ts';
import { peerProofs } from './proofs-of-gpu-peers.ts';
import { queueProofs } from './proofs-of-gpu-queues.ts';
import { recordProofs } from './proofs-of-gpu-record.ts';
import { tellingProofs } from './proofs-of-gpu-telling.ts';
import { pinProofs } from './proofs-of-pins.ts';

/**
 * Those of jobs first: runtimes are learned while nothing else runs, and a share of all that was predicted is counted.
 * Those whose hosts do not come back at once last.
 */
export const proofsOfGpu: readonly Proof<GpuWorld>[] = [
  ...[...jobProofs, ...recordProofs, ...tellingProofs, ...queueProofs, ...hostProofs, ...pinProofs],
  ...[...peerProofs, ...lastHostProofs],
];
