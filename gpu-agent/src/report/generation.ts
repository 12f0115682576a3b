/**
 * Which start of the agent this is: more than ever before. It is kept on disk; the hour is the floor of it, so that a host
 * whose disk was replaced is not taken for its own past. A full disk keeps no agent from starting: then the hour alone
 * counts, until there is room again.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function nextGeneration(dataDirectory: string, nowMs: number): number {
  const path = join(dataDirectory, 'generation');
  const last = existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) || 0 : 0;
  const next = Math.max(last + 1, Math.floor(nowMs / 1_000));
  try {
    mkdirSync(dataDirectory, { recursive: true });
    writeFileSync(`${path}.new`, `${next}\n`, { flush: true });
    renameSync(`${path}.new`, path);
  } catch (thrown) {
    if (!isDiskFull(thrown)) throw thrown;
    rmSync(`${path}.new`, { force: true });
  }
  return next;
}

const isDiskFull = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT');
