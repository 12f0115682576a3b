import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('a program whose reader has gone ends without a word', async () => {
  const module = join(import.meta.dirname, 'end-with-reader.ts');
  const program = `import { endWithReader } from '${module}'; endWithReader();
    for (let line = 0; line < 100; line++) process.stdout.write('line\\n'.repeat(10_000));`;
  const piped = '"$0" --input-type=module -e "$1" | head -n 1; echo $PIPESTATUS';
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', piped, process.execPath, program]);
  expect({ stdout, stderr }).toEqual({ stdout: 'line\n0\n', stderr: '' });
});
