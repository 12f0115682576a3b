/**
 * A program that hosts run beside the platform's own: it takes as long as its job says, times how much slower the world
 * has become, and hardly any processor. A version of it that fails can be put beside it.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = `seconds=$(sed -n 's/.*"seconds": *\\([0-9.]*\\).*/\\1/p' "$CELLBOOK_JOB_FILE")
read -r factor < factor
sleep "$(awk "BEGIN { print $seconds * $factor }")"
echo done > "$CELLBOOK_OUTPUT_DIR/done.txt"
`;
const manifest = (version: string, command: readonly string[]) =>
  JSON.stringify({ name: 'errand', version, command, result: 'done.txt', silenceMsMax: null });

export interface Errand {
  /** For CELLBOOK_GPU_PROGRAMS. */
  directory: string;
  /** From now on it takes so many times as long. */
  slowDown(factor: number): void;
  /** A new version that fails at once lies there; agents see it when they start. */
  release(version: string): void;
  remove(): void;
}

export function makeErrand(): Errand {
  // Whoever runs jobs must reach it, and no home is for others.
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-errand-'));
  chmodSync(directory, 0o755);
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write('run.sh', script);
  write('factor', '1\n');
  write('1.binary.json', manifest('1', ['sh', 'run.sh']));
  return {
    directory,
    slowDown: (factor) => write('factor', `${factor}\n`),
    release: (version) => write(`${version}.binary.json`, manifest(version, ['sh', '-c', 'exit 1'])),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A job of it, of so many seconds; in the region where it is handed in, unless anywhere will do. */
export const errandOf = (
  seconds: number,
  { gpus = 1, regions }: { gpus?: number; regions?: string[] } = {},
) => ({
  task: { kind: 'task', binary: 'errand', parameters: { seconds } },
  resources: { gpus, checkpoints: false },
  ...(regions && { regions }),
});
