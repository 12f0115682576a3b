/** The thread that compares: takes two versions at a time, answers with how they differ, or why it will not. */
import { parentPort } from 'node:worker_threads';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import { toWire } from '../host/wire/wire-error.ts';
import { type Compared, diffFiles } from './diff-files.ts';

parentPort?.on('message', (compared: Compared) => {
  parentPort?.postMessage(answer(compared));
});

function answer({ path, before, after }: Compared) {
  try {
    return { diff: diffFiles(path, Buffer.from(before), Buffer.from(after)) };
  } catch (error) {
    return { error: toWire(toCellbookError(error, 'comparing two versions of a file')) };
  }
}
