import { spawn } from 'node:child_process';

/** Runs a program whose output goes where ours does; resolves to its exit code (1 when a signal ended it). */
export function runInherited(command: string, args: string[], cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
