/**
 * Where expensive, content-addressed things live (runsc, images), shared by checkouts, and the lock that
 * keeps two builders of one thing apart. The lock is the kernel's own (flock), held by a child whose input
 * is ours: if this process dies in any way the child ends and the lock is free.
 */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';

export type Progress = (line: string) => void;

export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.CELLBOOK_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cellbook');
}

/** Runs `work` while holding an exclusive lock on `path`; waits as long as another process holds it. */
export async function withLock<T>(path: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const holder = spawn('flock', ['-x', path, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = systemClock.setTimer(2000, () =>
    progress(`waiting for another process that holds ${path}`),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', reject);
      holder.once('exit', (code) =>
        reject(new Error(`flock ${path} ended with ${code} before it held the lock`)),
      );
    });
    waiting.cancel();
    return await work();
  } finally {
    waiting.cancel();
    holder.stdin.end();
  }
}
