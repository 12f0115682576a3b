/**
 * Brings files to the scheduler's store and fetches them from it, piece by piece (shared/src/protocol/agent-objects-api.ts).
 * Whatever breaks on the way (a connection, the scheduler, a full store), it goes on where the store says it is, until
 * its time is over.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  agentObjectPath,
  uploadCompleteHeader,
  uploadOffsetHeader,
  uploadPieceBytesMax,
} from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { SchedulerHttp } from './scheduler-http.ts';

const { pieceMs, retry, uploadMs, downloadMs } = limits.gpuAgent.objects;

export interface Objects {
  /** Throws when it cannot be brought there in its time, or is refused. */
  upload(key: string, file: FileHandle, signal: AbortSignal): Promise<{ bytes: number }>;
  /** False where there is no such object. */
  download(key: string, path: string, signal: AbortSignal): Promise<boolean>;
}

export interface ObjectsTools {
  clock: Clock;
  random: Random;
}

export function objectsOf(http: SchedulerHttp, { clock, random }: ObjectsTools): Objects {
  /** Again and again, until `work` says something, or the time is over. */
  async function insist<T>(
    doing: string,
    forMs: number,
    parent: AbortSignal,
    work: () => Promise<T | null>,
  ): Promise<T> {
    const untilMs = clock.monotonicMs() + forMs;
    let last: unknown = null;
    for (let attempt = 1; clock.monotonicMs() < untilMs; attempt++) {
      parent.throwIfAborted();
      try {
        const done = await work();
        if (done !== null) return done;
        attempt = 0;
        continue;
      } catch (thrown) {
        if (thrown instanceof CellbookError && !mayPass.has(thrown.code)) throw thrown;
        last = thrown;
        http.turnAway();
      }
      await sleep(clock, retryDelayMs(attempt, retry, random), parent);
    }
    throw new CellbookError('store_unavailable', {
      doing,
      problem: 'it could not be done in time',
      cause: last,
    });
  }
  const within = (parent: AbortSignal, ms: number) => AbortSignal.any([parent, AbortSignal.timeout(ms)]);

  return {
    async upload(key, file, signal) {
      const { size } = await file.stat();
      const sha256 = await digestOf(file, size);
      const doing = `bringing ${key} to the scheduler`;
      const piece = Buffer.allocUnsafe(Math.min(size, uploadPieceBytesMax));
      let offset: number | null = null;
      return insist(doing, uploadMs, signal, async () => {
        if (offset === null) {
          const kept = await http.call(agentObjectPath(key), {
            method: 'HEAD',
            signal: within(signal, pieceMs),
          });
          if (!kept.ok) throw refusal(doing, kept.status);
          if (kept.headers.get(uploadCompleteHeader) === 'true') return { bytes: size };
          offset = offsetIn(kept, size);
          if (offset === null) throw refusal(doing, kept.status);
        }
        const from: number = offset;
        const { bytesRead } = await file.read(piece, 0, piece.length, from);
        const last = from + bytesRead >= size ? `&complete=${sha256}` : '';
        // What happens to this piece is not known until it is answered.
        offset = null;
        const answer = await http.call(`${agentObjectPath(key)}?offset=${from}${last}`, {
          method: 'PUT',
          headers: { 'content-type': 'application/octet-stream' },
          body: piece.subarray(0, bytesRead),
          signal: within(signal, pieceMs),
        });
        await answer.arrayBuffer();
        if (answer.status === 201) return { bytes: size };
        if (answer.status === 409) offset = offsetIn(answer, size);
        if (!answer.ok) throw refusal(doing, answer.status);
        offset = offsetIn(answer, size);
        if (offset === null || offset <= from) throw refusal(doing, answer.status);
        return null;
      });
    },
    async download(key, path, signal) {
      const doing = `fetching ${key} from the scheduler`;
      return insist(doing, downloadMs, signal, async () => {
        const answer = await http.call(agentObjectPath(key), { signal: within(signal, downloadMs) });
        if (answer.status === 404) return false;
        if (!answer.ok || !answer.body) throw refusal(doing, answer.status);
        await pipeline(Readable.fromWeb(answer.body), createWriteStream(path, { mode: 0o600 }));
        return true;
      });
    },
  };
}

/** What another try may mend. */
const mayPass = new Set(['store_unavailable', 'volume_full', 'bad_request']);

function refusal(doing: string, status: number): CellbookError {
  const forGood = status === 401 || status === 403 || status === 404 || status === 413;
  const code = forGood
    ? 'forbidden'
    : status === 507
      ? 'volume_full'
      : status === 400
        ? 'bad_request'
        : 'store_unavailable';
  return new CellbookError(code, { doing, problem: `the scheduler answered ${status}`, ids: { status } });
}

/** Null where it does not say, or cannot be: it is asked again. */
function offsetIn(answer: Response, size: number): number | null {
  const told = answer.headers.get(uploadOffsetHeader);
  const offset = Number(told);
  return told !== null && Number.isInteger(offset) && offset >= 0 && offset <= size ? offset : null;
}

async function digestOf(file: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(Math.min(Math.max(size, 1), 1_048_576));
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) break;
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
}
