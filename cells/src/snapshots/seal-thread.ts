/** The thread that seals and opens: takes one piece at a time, answers with its chunks or with what is wrong. */
import { parentPort } from 'node:worker_threads';
import { systemRandom } from '@cellbook/shared/random.ts';
import { type OpenPiece, openPiece, type SealPiece, sealPiece } from './seal-work.ts';
import type { SealAnswer } from './sealing-threads.ts';

function answer(piece: SealPiece | OpenPiece): SealAnswer {
  try {
    if (piece.kind === 'seal') return { chunks: sealPiece(piece, systemRandom), problem: null };
    return { chunks: [], problem: openPiece(piece) };
  } catch (error) {
    return { chunks: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (piece: SealPiece | OpenPiece) => parentPort?.postMessage(answer(piece)));
