/** A `nvidia-smi` that says what a test wants, in the real one's words: a script on the disk. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScriptedSmi {
  command: string;
  directory: string;
  says(csv: string, list?: string): void;
  fails(text: string, code: number): void;
  hangs(): void;
}

export function scriptedSmi(): ScriptedSmi {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-smi-'));
  const command = join(directory, 'nvidia-smi');
  const write = (body: string) => {
    writeFileSync(command, `#!/bin/sh\n${body}\n`);
    chmodSync(command, 0o755);
  };
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  return {
    command,
    directory,
    says(csv, list = '') {
      const [queried, listed] = [file('query', csv), file('list', list)];
      write(`if [ "$1" = -L ]; then cat '${listed}'; else cat '${queried}'; fi`);
    },
    fails: (text, code) => write(`cat '${file('failure', text)}'; exit ${code}`),
    hangs: () => write('exec sleep 600'),
  };
}

/** Two H200 as the tool of driver 570 prints them, in the order of `queriedFields`. */
export const h200Pair = [
  '0, GPU-1c8e36b5-8a3c-5b0e-9a63-3a5f0b7f2a11, NVIDIA H200, 143771, 0, 00000000:19:00.0, Disabled, 0, [N/A], No, No',
  '1, GPU-7bd1a4de-60f5-2c1e-bb05-0a0f9e5d9c22, NVIDIA H200, 143771, 1, 00000000:3B:00.0, Disabled, 0, [N/A], No, No',
  '',
].join('\n');
