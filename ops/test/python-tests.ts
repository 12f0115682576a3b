import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from './summary.ts';

const folder = 'cells/supervisor';

/** The tests of the supervisor that runs inside every sandbox: standard library only, as the supervisor itself. */
export async function runPythonTests(checkout: string): Promise<Summary> {
  const none: Summary = { passed: 0, failed: 0, skipped: 0, problems: [] };
  if (globSync('**/test_*.py', { cwd: join(checkout, folder) }).length === 0) return none;
  const { code, output } = await unittest(checkout);
  console.log(output);
  return readUnittest(output, code);
}

/** Reads the two last lines of unittest: `Ran 12 tests in 0.1s` and `FAILED (failures=1, errors=1, skipped=1)`. */
export function readUnittest(output: string, code: number): Summary {
  const ran = Number(/^Ran (\d+) tests? in/m.exec(output)?.[1] ?? 0);
  const counted = (word: string) => Number(new RegExp(`\\b${word}=(\\d+)`).exec(lastLine(output))?.[1] ?? 0);
  const skipped = counted('skipped');
  const failed = counted('failures') + counted('errors') + counted('unexpected successes');
  const problems = [];
  if (skipped > 0) problems.push(`${skipped} Python tests were skipped; none may be`);
  if (code !== 0) problems.push(`the Python tests of ${folder} ended with code ${code}: see above`);
  return {
    passed: ran - skipped - failed,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped,
    problems,
  };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

function unittest(checkout: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn('python3', ['-m', 'unittest', 'discover', '-s', folder, '-t', folder], {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
