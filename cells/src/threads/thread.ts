/**
 * Work that would hold up everybody's requests, in a thread of its own: one piece at a time, in fair turns. What takes
 * too long is given up together with its thread; the next gets a new one.
 *
 *     idle --ask--> busy --answer--> idle
 *                   busy --deadline, or the thread ends--> idle, without a thread
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { FairTurns } from './fair-turns.ts';

export interface ThreadSettings<Answer> {
  clock: Clock;
  /** What runs in it: takes each message of its parent port and posts one answer. */
  file: URL;
  /** Makes of what the thread posts an answer, or throws. */
  read(posted: unknown): Answer;
  doing: string;
  /** From the beginning of its turn. */
  deadlineMs: number;
  memoryMiB: number;
  /** Of one asker. */
  waitingMax: number;
}

export interface Thread<Given, Answer> {
  /** Throws `internal` when the thread failed, `command_timeout` when it took too long, `rate_limited`, and what `read` throws. */
  ask(asker: string, given: Given): Promise<Answer>;
  close(): Promise<void>;
}

export function createThread<Given, Answer>(settings: ThreadSettings<Answer>): Thread<Given, Answer> {
  const { clock, file, read, doing, deadlineMs, memoryMiB, waitingMax } = settings;
  const turns = new FairTurns(waitingMax, doing);
  const failed = (problem: string) => new CellbookError('internal', { doing, problem });
  let thread: Worker | null = null;
  let closed = false;

  function start(): Worker {
    const worker = startWorker(file, memoryMiB);
    // It may end between two pieces of work, too, or while it is being ended.
    worker.on('error', () => {});
    worker.once('exit', () => {
      if (thread === worker) thread = null;
    });
    return worker;
  }

  async function askNow(given: Given): Promise<Answer> {
    if (closed) throw failed('the cell stops');
    const worker = thread ?? start();
    thread = worker;
    const details = { code: 'command_timeout' as const, doing };
    const posted = await withDeadline(clock, deadlineMs, details, (signal) =>
      post(worker, given, signal, failed),
    ).catch(async (error: unknown) => {
      if (thread === worker) thread = null;
      await worker.terminate();
      throw error;
    });
    return read(posted);
  }

  return {
    ask: (asker, given) => turns.run(asker, () => askNow(given)),
    async close() {
      closed = true;
      await thread?.terminate();
    },
  };
}

function startWorker(file: URL, maxOldGenerationSizeMb: number): Worker {
  const worker = new Worker(file, {
    resourceLimits: { maxOldGenerationSizeMb },
    // It needs nothing of ours, and nothing it prints may reach the log.
    env: {},
    stdout: true,
    stderr: true,
  });
  worker.unref();
  return worker;
}

/** Asks the thread once; its ending is an answer too. */
async function post(
  worker: Worker,
  given: unknown,
  signal: AbortSignal,
  failed: (problem: string) => CellbookError,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const ended = (): void => reject(failed('its thread ended'));
  const gaveUp = (): void => reject(signal.reason);
  worker.once('message', resolve).once('error', ended).once('exit', ended);
  signal.addEventListener('abort', gaveUp, { once: true });
  try {
    worker.postMessage(given);
    return await promise;
  } finally {
    worker.off('message', resolve).off('error', ended).off('exit', ended);
    signal.removeEventListener('abort', gaveUp);
  }
}
