/** The thread that seals and opens: takes one piece at a time, answers with what came of it or with what is wrong. */
import { parentPort } from 'node:worker_threads';
import { assertNever } from '@cellbook/shared/assert-never.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import {
  type AnswerPiece,
  answerPiece,
  type OpenPiece,
  openPiece,
  type PackPiece,
  packPiece,
  type SealPiece,
  sealPiece,
} from './seal-work.ts';
import type { SealAnswer } from './sealing-threads.ts';

type Piece = SealPiece | OpenPiece | AnswerPiece | PackPiece;

const nothing: SealAnswer = { chunks: [], packed: null, problem: null };

function answer(piece: Piece): SealAnswer {
  try {
    return work(piece);
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) };
  }
}

function work(piece: Piece): SealAnswer {
  switch (piece.kind) {
    case 'seal':
      return { ...nothing, chunks: sealPiece(piece, systemRandom) };
    case 'open':
      return { ...nothing, problem: openPiece(piece) };
    case 'answer':
      return { ...nothing, problem: answerPiece(piece) };
    case 'pack': {
      const packed = packPiece(piece, systemRandom);
      return typeof packed === 'string' ? { ...nothing, problem: packed } : { ...nothing, packed };
    }
    default:
      return assertNever(piece);
  }
}

parentPort?.on('message', (piece: Piece) => parentPort?.postMessage(answer(piece)));
