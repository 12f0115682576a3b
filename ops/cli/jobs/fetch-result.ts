/** Brings a result into a file, and goes on where it was broken off: what is there of it already is not fetched again. */
import { createWriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';

const attemptsMax = 5;

export async function fetchResult(url: string, path: string, bytes: number): Promise<void> {
  const part = `${path}.part`;
  for (let attempt = 1; ; attempt++) {
    const kept = await stat(part).then(
      ({ size }) => size,
      () => 0,
    );
    if (kept === bytes && bytes > 0) break;
    const from = kept < bytes ? kept : 0;
    try {
      const answer = await fetch(url, from === 0 ? {} : { headers: { range: `bytes=${from}-` } });
      if (!answer.ok || !answer.body) throw refused(answer.status);
      const goesOn = answer.status === 206;
      await pipeline(Readable.fromWeb(answer.body), createWriteStream(part, { flags: goesOn ? 'a' : 'w' }));
      if (bytes === 0) break;
    } catch (thrown) {
      if (thrown instanceof CellbookError || attempt >= attemptsMax) throw thrown;
    }
  }
  await rename(part, path);
}

const refused = (status: number): CellbookError =>
  new CellbookError(status === 410 ? 'gone' : 'store_unavailable', {
    doing: 'fetching a result',
    problem: `it answered ${status}`,
    next: 'Ask again: an address of a result is valid for an hour.',
  });
