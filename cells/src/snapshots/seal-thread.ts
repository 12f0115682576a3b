/** The thread that seals and opens: takes one piece at a time, answers with its chunks or with what is wrong. */
import { parentPort } from 'node:worker_threads';
import { systemRandom } from '@cellbook/shared/random.ts';
import {
  type AnswerPiece,
  answerPiece,
  type OpenPiece,
  openPiece,
  type SealPiece,
  sealPiece,
} from './seal-work.ts';
import type { SealAnswer } from './sealing-threads.ts';

type Piece = SealPiece | OpenPiece | AnswerPiece;

function answer(piece: Piece): SealAnswer {
  try {
    if (piece.kind === 'seal') return { chunks: sealPiece(piece, systemRandom), problem: null };
    const problem = piece.kind === 'open' ? openPiece(piece) : answerPiece(piece);
    return { chunks: [], problem };
  } catch (error) {
    return { chunks: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (piece: Piece) => parentPort?.postMessage(answer(piece)));
