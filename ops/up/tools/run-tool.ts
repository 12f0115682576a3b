/**
 * Runs one of the project's set-up programs (`node <script> <arguments>`) as a process of its own: what it
 * says on standard error is its progress, the last line of its standard output is its result.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { checkoutDirectory } from '../config.ts';
import { signalIgnoringGone } from '../processes/stop-group.ts';

const keptLinesMax = 30;

export interface Tool {
  /** What it does, as a phrase: `building the Lab bundle`. */
  doing: string;
  script: string;
  args: string[];
  env?: Record<string, string>;
}

export async function runTool(
  tool: Tool,
  note: (text: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const child = spawn(process.execPath, [tool.script, ...tool.args], {
    cwd: checkoutDirectory,
    env: { ...process.env, ...tool.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it runs (mmdebstrap, a compiler) ends with it.
    detached: true,
  });
  const end = () => child.pid !== undefined && signalIgnoringGone(-child.pid, 'SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  const said: string[] = [];
  let result = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.trim() !== '') result = line.trim();
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (said.length > keptLinesMax) said.shift();
    if (line.trim() !== '') note(line.trim());
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', end));
  signal?.throwIfAborted();
  if (code === 0) return result;
  throw new CellbookError('internal', {
    doing: tool.doing,
    problem: `${tool.script} ended with code ${code}; the end of what it said:\n${said.join('\n')}`,
    next: 'Mend what it names (often: the network, or a full disk), then start again; what is done stays done.',
  });
}
