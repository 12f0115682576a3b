/** Makes the echo kernel known to Jupyter by its kernelspec. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const echoKernelName = 'cellbook-echo';
export const echoKernelFile = join(import.meta.dirname, 'echo_kernel.py');

export function echoKernelspec(python: string, file: string) {
  return {
    argv: [python, file, '-f', '{connection_file}'],
    display_name: 'Echo',
    language: 'text',
    interrupt_mode: 'message',
  };
}

/** Writes `kernels/cellbook-echo/kernel.json` under a Jupyter data directory (one of JUPYTER_PATH). */
export async function installEchoKernelspec(dataDirectory: string, python: string): Promise<void> {
  const directory = join(dataDirectory, 'kernels', echoKernelName);
  await mkdir(directory, { recursive: true });
  const spec = JSON.stringify(echoKernelspec(python, echoKernelFile), null, 2);
  await writeFile(join(directory, 'kernel.json'), spec);
}
