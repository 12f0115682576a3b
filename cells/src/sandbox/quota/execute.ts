/** Runs one of the host's file-system tools to its end, with a deadline and a typed error. */
import { execFile } from 'node:child_process';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export function execute(argv: string[], doing: string, goodCodes: readonly number[] = [0]): Promise<void> {
  const [file = '', ...args] = argv;
  const options = { timeout: limits.sandbox.commandMsMax, killSignal: 'SIGKILL' as const };
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, _stdout, stderr) => {
      if (!error || goodCodes.includes(Number(error.code))) return resolve();
      const problem = `${file} failed: ${stderr.trim().slice(-500) || error.message}`;
      const next = 'Look at the disk and the mounts of the sandbox host.';
      reject(new CellbookError('sandbox_unavailable', { doing, problem, next, cause: error }));
    });
  });
}
