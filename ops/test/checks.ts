import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { checkoutDirectory } from '../up/config.ts';

export interface Check {
  name: string;
  command: string;
  args: string[];
}

/** What must hold without running a test. All programs come from node_modules/.bin, first on the path. */
export const staticChecks: Check[] = [
  { name: 'format and lint', command: 'biome', args: ['check', '--error-on-warnings', '.'] },
  ...typedFolders().map((config) => ({ name: `types: ${config}`, command: 'tsc', args: ['-p', config] })),
];

export const checks: Check[] = [
  ...staticChecks,
  { name: 'tidy', command: 'vitest', args: ['run', '--project', 'node', 'ops/tidy', '--reporter=dot'] },
];

export function runCheck(
  { command, args }: Check,
  signal?: AbortSignal,
): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      ...{ cwd: checkoutDirectory, stdio: ['ignore', 'pipe', 'pipe'] },
      ...(signal && { signal }),
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
      });
    }
    child.once('error', (error) => resolve({ ok: false, output: `${command}: ${error.message}` }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

/** Every tsconfig.json of the repository: each runtime (Node, workerd, browser) has one of its own. */
function typedFolders(): string[] {
  const found = globSync('{,*/,*/*/}tsconfig.json', { cwd: checkoutDirectory, exclude: ['node_modules'] });
  return found.filter((path) => !path.includes('node_modules')).sort();
}
