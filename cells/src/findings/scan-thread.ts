/** The thread that scans: takes one file at a time, answers with what it found, or that it could not. */
import { parentPort } from 'node:worker_threads';
import { type SavedFile, scanFile } from './scan.ts';

parentPort?.on('message', async (file: SavedFile) => {
  const findings = await scanFile(file).catch(() => null);
  parentPort?.postMessage(findings);
});
