import type { FileHandle } from 'node:fs/promises';
import { openDirectory, openRoot } from '../storage/live/beneath.ts';
import { errnoOf } from '../storage/live/errno.ts';
import { environmentName } from './layout.ts';
import { nothingThere, type Survey, survey } from './survey.ts';

/** Null where there is nothing, or code has put something else there: a link is not followed. */
export async function withEnvironment<T>(
  directory: string,
  work: (root: FileHandle) => Promise<T>,
): Promise<T | null> {
  const files = await openRoot(directory).catch(orNone);
  if (!files) return null;
  try {
    const root = await openDirectory({ directory: files, name: environmentName }).catch(orNone);
    return root && (await work(root).finally(() => root.close()));
  } finally {
    await files.close();
  }
}

export const surveyIn = async (directory: string, signal: AbortSignal): Promise<Survey> =>
  (await withEnvironment(directory, (root) => survey(root, signal))) ?? nothingThere;

function orNone(error: unknown): null {
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return null;
  throw error;
}
