import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface BlackboxTarget {
  /** The server's URL, with the path of the workspace. */
  url: string;
  token: string;
  /** The workspace's files as a folder on this machine. */
  root: string;
}

const resultSchema = z.object({
  id: z.string(),
  outcome: z.enum(['passed', 'failed', 'skipped']),
  detail: z.string(),
});
export type BlackboxResult = z.infer<typeof resultSchema>;

/** Where the workspace's files are inside its sandbox. */
const seenInside = '/home/user';

/** Runs the laid-out tests and gives back what each came to. */
export async function runTests(
  python: string,
  directory: string,
  target: BlackboxTarget,
): Promise<BlackboxResult[]> {
  const report = join(directory, 'report.jsonl');
  rmSync(report, { force: true });
  const args = [
    '-m',
    'pytest',
    '-q',
    '--no-header',
    '-p',
    'no:cacheprovider',
    '-o',
    'asyncio_mode=auto',
    '--tb=short',
    '-o',
    'asyncio_default_fixture_loop_scope=function',
    '--no-flaky-report',
  ];
  const env = {
    ...process.env,
    EXT_URL: target.url,
    EXT_TOKEN: target.token,
    EXT_ROOT: seenInside,
    EXT_REPORT: report,
  };
  const command = [python, ...args, '--rootdir', directory, directory];
  await runWithRootAt(seenInside, target.root, command, directory, env);
  if (!existsSync(report)) throw new Error('pytest ran no test: see what it said');
  const lines = readFileSync(report, 'utf8').trim().split('\n');
  return lines.map((line) => resultSchema.parse(JSON.parse(line)));
}

/** The ids that have to pass. */
export function expectedIds(): string[] {
  return readFileSync(join(import.meta.dirname, 'expected-ids.txt'), 'utf8')
    .trim()
    .split('\n');
}

/** Which of the expected did not pass, with the reason; one that did not run has not passed. */
export function missing(expected: string[], results: BlackboxResult[]): { id: string; why: string }[] {
  const byId = new Map<string, BlackboxResult>();
  // A test that passed and whose clean-up failed has two lines; the worse one counts.
  for (const result of results) if (byId.get(result.id)?.outcome !== 'failed') byId.set(result.id, result);
  return expected.flatMap((id) => {
    const result = byId.get(id);
    if (!result) return [{ id, why: 'did not run' }];
    return result.outcome === 'passed'
      ? []
      : [{ id, why: result.detail.trim().split('\n').at(-1) ?? result.outcome }];
  });
}

/**
 * One test compares a path that the kernel reports with the one the test wrote to, so both have to see the
 * files under one name: the folder is bound to the kernel's name for it, in a mount namespace of pytest's own.
 */
function runWithRootAt(
  place: string,
  root: string,
  command: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const script = 'mkdir -p "$1" && mount --bind "$0" "$1" && shift && exec "$@"';
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, root, place, ...command];
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}
