/** Seals and opens pieces of images in threads of their own (threads/thread.ts); images take turns. */
import { availableParallelism } from 'node:os';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { createThread, type Thread } from '../threads/thread.ts';
import { type Chunk, chunkSchema } from './chunk.ts';
import type { AnswerPiece, OpenPiece, PackPiece, SealPiece } from './seal-work.ts';

export interface SealingThreads {
  /** Throws `sandbox_unavailable`, as `open` does, where it cannot be done. */
  seal(asker: string, piece: SealPiece): Promise<Chunk[]>;
  /** A chunk as it goes to the object store. */
  pack(asker: string, piece: PackPiece): Promise<Uint8Array>;
  open(asker: string, piece: OpenPiece): Promise<void>;
  /** Opens chunks, and writes what reads of them are answered. */
  answer(asker: string, piece: AnswerPiece): Promise<void>;
  close(): Promise<void>;
}

const answerSchema = z.object({
  chunks: z.array(chunkSchema),
  packed: z.instanceof(Uint8Array).nullable(),
  problem: z.string().nullable(),
});
export type SealAnswer = z.infer<typeof answerSchema>;

const file = new URL('./seal-thread.ts', import.meta.url);

export function createSealingThreads(clock: Clock): SealingThreads {
  const { sealThreads, openThreadsMax } = limits.snapshots;
  const sealing = threadsFor<SealPiece | PackPiece>(clock, 'sealing an image of a sandbox', sealThreads);
  const openers = Math.min(openThreadsMax, availableParallelism());
  const opening = threadsFor<OpenPiece | AnswerPiece>(clock, 'opening an image of a sandbox', openers);
  return {
    seal: async (asker, piece) => (await sealing.ask(asker, piece)).chunks,
    pack: async (asker, piece) => (await sealing.ask(asker, piece)).packed ?? new Uint8Array(),
    open: async (asker, piece) => void (await opening.ask(asker, piece)),
    answer: async (asker, piece) => void (await opening.ask(asker, piece)),
    close: async () => void (await Promise.all([sealing.close(), opening.close()])),
  };
}

function threadsFor<Given>(clock: Clock, doing: string, count: number) {
  const { pieceMs: deadlineMs, threadMemoryMiB: memoryMiB, piecesAtOnce: waitingMax } = limits.snapshots;
  const settings = { clock, file, doing, deadlineMs, memoryMiB, waitingMax };
  const read = (posted: unknown) => readAnswer(posted, doing);
  const lanes = Array.from({ length: count }, () => {
    const thread: Thread<Given, SealAnswer> = createThread({ ...settings, read });
    return { thread, asked: 0 };
  });
  return {
    async ask(asker: string, given: Given): Promise<SealAnswer> {
      const lane = lanes.reduce((least, one) => (one.asked < least.asked ? one : least));
      lane.asked += 1;
      try {
        return await lane.thread.ask(asker, given);
      } finally {
        lane.asked -= 1;
      }
    },
    close: () => Promise.all(lanes.map(({ thread }) => thread.close())),
  };
}

function readAnswer(posted: unknown, doing: string): SealAnswer {
  const answer = answerSchema.parse(posted);
  const { problem } = answer;
  if (problem === null) return answer;
  throw new CellbookError('sandbox_unavailable', { doing, problem });
}
