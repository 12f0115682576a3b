/**
 * Which start of the agent this is: more than ever before. It is kept on disk; the hour is the floor of it, so that a host
 * whose disk was replaced is not taken for its own past.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function nextGeneration(dataDirectory: string, nowMs: number): number {
  const path = join(dataDirectory, 'generation');
  const last = existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) || 0 : 0;
  const next = Math.max(last + 1, Math.floor(nowMs / 1_000));
  mkdirSync(dataDirectory, { recursive: true });
  writeFileSync(`${path}.new`, `${next}\n`, { flush: true });
  renameSync(`${path}.new`, path);
  return next;
}
