/** The README's tour is run as it stands, against a platform on another port. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { checkoutDirectory } from '../up/config.ts';
import { useTestPlatform } from './test-platform.ts';

const platform = useTestPlatform();

function tour(): string {
  const readme = readFileSync(join(checkoutDirectory, 'README.md'), 'utf8');
  const block = /```sh tour\n([\s\S]*?)```/.exec(readme)?.[1];
  if (!block) throw new Error('the README has no tour');
  return block;
}

it('every line of the tour in the README works', async () => {
  const { url } = platform();
  const script = tour().replaceAll('http://localhost:8787', url);
  const env = { ...process.env, CELLBOOK_EDGE_PORT: new URL(url).port };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: checkoutDirectory,
    env,
    timeout: 170_000,
  });
  expect(stdout).toContain("'hello 42\\n'");
  expect(stdout).toContain('"content":"hello"');
  expect(stdout).toMatch(/"desired":"suspended"/);
});
