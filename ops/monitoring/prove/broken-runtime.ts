/** A runsc that does what the real one does, but for the commands that are broken at the moment: those fail. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BreakableRuntime {
  /** For CELLBOOK_RUNSC. */
  path: string;
  /** `run`, `restore`, `checkpoint`, … */
  break(...commands: string[]): void;
  mend(): void;
}

export function breakableRuntime(directory: string, realPath: string): BreakableRuntime {
  const path = join(directory, 'runsc');
  const broken = join(directory, 'broken');
  const script = [
    '#!/bin/sh',
    // A host asks what its commands understand before it starts.
    `if [ -e '${broken}' ] && [ "$1" != help ]; then`,
    '  for word in "$@"; do',
    `    if grep -qxF -- "$word" '${broken}'; then echo "$word is broken" >&2; exit 1; fi`,
    '  done',
    'fi',
    `exec '${realPath}' "$@"`,
    '',
  ].join('\n');
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return {
    path,
    break: (...commands) => writeFileSync(broken, `${commands.join('\n')}\n`),
    mend: () => rmSync(broken, { force: true }),
  };
}
