/**
 * Scans in a thread of its own, one file at a time, so that no save and no socket waits for a regular
 * expression. A scan that takes too long is given up together with its thread; the next gets a new one.
 *
 *     idle --scan--> busy --answer--> idle
 *                    busy --deadline, or the thread ends--> idle, without a thread
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Finding, findingSchema } from '@cellbook/shared/protocol/findings-api.ts';
import { z } from 'zod';
import type { SavedFile } from './scan.ts';

export interface Scanner {
  /** Throws `internal` when the file could not be scanned, `command_timeout` when it took too long. */
  scan(file: SavedFile): Promise<Finding[]>;
  close(): Promise<void>;
}

const answerSchema = z.array(findingSchema).nullable();
const threadFile = new URL('./scan-thread.ts', import.meta.url);

export function createScanner(clock: Clock, file: URL = threadFile): Scanner {
  let thread: Worker | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  function start(): Worker {
    const worker = startThread(file);
    // It may end between two files, too, or while it is being ended.
    worker.on('error', () => {});
    worker.once('exit', () => {
      if (thread === worker) thread = null;
    });
    return worker;
  }

  async function scanNow(given: SavedFile): Promise<Finding[]> {
    if (closed) throw failed('the cell stops');
    const worker = thread ?? start();
    thread = worker;
    const details = { code: 'command_timeout' as const, doing };
    try {
      return await withDeadline(clock, limits.findings.scanMs, details, (signal) =>
        ask(worker, given, signal),
      );
    } catch (error) {
      if (thread === worker) thread = null;
      await worker.terminate();
      throw error;
    }
  }

  return {
    scan(given) {
      const scanned = turn.then(() => scanNow(given));
      turn = scanned.catch(() => {});
      return scanned;
    },
    async close() {
      closed = true;
      await thread?.terminate();
    },
  };
}

function startThread(file: URL): Worker {
  const worker = new Worker(file, {
    resourceLimits: { maxOldGenerationSizeMb: limits.findings.threadMemoryMiB },
    // It needs nothing of ours, and nothing it prints may reach the log.
    env: {},
    stdout: true,
    stderr: true,
  });
  worker.unref();
  return worker;
}

/** Asks the thread about one file; its ending is an answer too. */
async function ask(worker: Worker, file: SavedFile, signal: AbortSignal): Promise<Finding[]> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const ended = (): void => reject(failed('its thread ended'));
  const gaveUp = (): void => reject(signal.reason);
  worker.once('message', resolve).once('error', ended).once('exit', ended);
  signal.addEventListener('abort', gaveUp, { once: true });
  try {
    worker.postMessage(file);
    const findings = answerSchema.parse(await promise);
    if (findings === null) throw failed('a rule failed on it');
    return findings;
  } finally {
    worker.off('message', resolve).off('error', ended).off('exit', ended);
    signal.removeEventListener('abort', gaveUp);
  }
}

const doing = 'looking for credentials in a saved file';
const failed = (problem: string) => new CellbookError('internal', { doing, problem });
