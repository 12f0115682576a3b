/**
 * Brings a result into a file, and goes on where it was broken off: what is there of it already is not fetched again.
 * What there is lies beside the file under the job's id, with the ETag it came with, by which the server tells whether
 * it is of the same bytes; without one it is begun anew.
 */
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';

const attemptsMax = 5;

export interface Fetched {
  url: string;
  jobId: string;
  bytes: number;
}

export async function fetchResult({ url, jobId, bytes }: Fetched, path: string): Promise<void> {
  const part = `${path}.${jobId}.part`;
  let cause: unknown;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    try {
      if (await fetchOnce(url, part, bytes)) {
        await rename(part, path);
        return await rm(etagOf(part), { force: true });
      }
    } catch (thrown) {
      if (thrown instanceof CellbookError) throw thrown;
      cause = thrown;
    }
  }
  throw new CellbookError('store_unavailable', {
    ...{ doing: 'fetching a result', problem: `it broke off ${attemptsMax} times`, cause },
    next: 'Run the command again: it goes on where this one has ended.',
  });
}

/** Whether all of it is there then. */
async function fetchOnce(url: string, part: string, bytes: number): Promise<boolean> {
  const etag = await readFile(etagOf(part), 'utf8').catch(() => '');
  const kept = etag === '' ? 0 : await sizeOf(part);
  if (kept === bytes && bytes > 0) return true;
  const goesOn = kept > 0 && kept < bytes;
  const headers = goesOn ? { range: `bytes=${kept}-`, 'if-range': etag } : {};
  const answer = await fetch(url, { headers });
  if (!answer.ok || !answer.body) throw refused(answer.status);
  if (answer.status === 206 && !goesOn) throw refused(answer.status);
  if (answer.status !== 206) {
    await rm(part, { force: true });
    await writeFile(etagOf(part), answer.headers.get('etag') ?? '');
  }
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(part, { flags: 'a' }));
  return (await sizeOf(part)) === bytes;
}

const etagOf = (part: string): string => `${part}.etag`;

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

const refused = (status: number): CellbookError =>
  new CellbookError(status === 410 ? 'gone' : 'store_unavailable', {
    doing: 'fetching a result',
    problem: `it answered ${status}`,
    next: 'Ask again: an address of a result is valid for an hour.',
  });
