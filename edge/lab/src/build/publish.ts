/**
 * Moves a finished directory to its name, all at once. Whoever comes second finds the name taken (renaming
 * onto a directory that is not empty fails) and throws its own away: both are the same, named by content.
 */
import { readdir, rename, rm } from 'node:fs/promises';

export async function publish(finished: string, directory: string): Promise<void> {
  try {
    await rename(finished, directory);
  } catch (error) {
    const taken = await readdir(directory).catch(() => []);
    if (taken.length === 0) throw error;
    await rm(finished, { recursive: true, force: true });
  }
}
