/**
 * Keeps processes of one machine apart. The lock is the kernel's own (flock), held by a child whose input is ours:
 * if this process dies in any way, the child ends and the lock is free.
 */
import { spawn } from 'node:child_process';

/** Runs `work` while holding `path`; waits for as long as another process holds it, or until the signal. */
export async function withFileLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', ['-x', path, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
  });
  // Its end by the signal, or for having lost its input, is told by `exit`.
  holder.on('error', () => {});
  holder.stdin.on('error', () => {});
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', reject);
      holder.once('exit', (code) => reject(new Error(`flock ${path} ended with ${code} before it held it`)));
    });
    return await work();
  } finally {
    holder.stdin.end();
  }
}
