/** Whether what a program made is what it should be: there, a file of its own, not too large, and as its manifest's check says. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import type { Binary } from './binaries.ts';
import type { Confinement } from './confinement.ts';
import type { JobFolder } from './job-folder.ts';
import { confinedCommand } from './launch.ts';
import { openInside } from './open-inside.ts';
import { programPath } from './program-path.ts';

/** What is wrong with it; empty: nothing. */
export async function resultProblem(
  binary: Binary,
  folder: JobFolder,
  confined: Confinement,
): Promise<string> {
  const path = join(folder.output, binary.result);
  const file = await openInside(path, folder.work);
  if (!file) return `it made no ${binary.result}`;
  const { size } = await file.stat().finally(() => file.close());
  if (size === 0) return `its ${binary.result} is empty`;
  if (size > limits.gpuAgent.objects.resultBytesMax) return `its ${binary.result} has ${size} bytes`;
  if (binary.check.length === 0) return '';
  const command = binary.check.map((word) => (word === '{result}' ? path : word));
  return checkedBy(confinedCommand(command, confined), folder.work);
}

function checkedBy([command = '', ...args]: string[], directory: string): Promise<string> {
  const options = {
    ...{ cwd: directory, timeout: limits.gpuAgent.run.checkMs, killSignal: 'SIGKILL' as const },
    // It reads what a program made, and is told no more than that was.
    env: { PATH: programPath, HOME: directory, LANG: 'C.UTF-8' },
  };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, _out, told) => {
      const first = told.trim().split('\n')[0]?.slice(0, 300).toWellFormed() || 'its check says no';
      resolve(error ? `it made no proper result: ${first}` : '');
    });
  });
}
