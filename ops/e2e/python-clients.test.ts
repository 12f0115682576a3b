/** Python's own Jupyter clients execute a notebook on a workspace, as a gateway; ours has the platform's own API; k6 resumes. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, it, vi } from 'vitest';
import { ensureK6 } from '../images/k6.ts';
import { cacheDirectory } from '../up/home.ts';
import { ensurePythonClients } from './python/python-clients.ts';
import { useTestPlatform } from './test-platform.ts';
import { newUser } from './user.ts';

const pythonClient = join(import.meta.dirname, '../clients/python');
// Who runs the platform, as the load test has it; the edge reads it from the environment.
vi.stubEnv('CELLBOOK_OPERATORS', 'operator@example.org');
const platform = useTestPlatform();
let python: string;
beforeAll(async () => {
  python = await ensurePythonClients(cacheDirectory(process.env));
  await ensureK6(cacheDirectory(process.env), () => undefined);
}, 900_000);

async function runScript(name: string, env: NodeJS.ProcessEnv, input = ''): Promise<string> {
  const script = join(import.meta.dirname, 'python', name);
  const child = spawn(python, [script], { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out, err).not.toBe('');
  return out;
}

async function executeNotebook(url: string, token: string, sources: string[]): Promise<unknown[][]> {
  const env = { JUPYTER_GATEWAY_URL: url, JUPYTER_GATEWAY_AUTH_TOKEN: token };
  const out = await runScript('execute_notebook.py', env, JSON.stringify(sources));
  return JSON.parse(out);
}

it('nbclient executes a notebook through a gateway, with streams, results and state kept between cells', async () => {
  const { url } = platform();
  const user = await newUser(url);
  const workspace = await user.createWorkspace();
  const sources = [
    'x = 20\nprint("x is", x)',
    'x * 2 + 2',
    'import platform; platform.python_implementation()',
  ];
  const outputs = await executeNotebook(`${url}/w/${workspace.id}`, user.token, sources);
  expect(outputs).toMatchObject([
    [{ output_type: 'stream', name: 'stdout', text: 'x is 20\n' }],
    [{ output_type: 'execute_result', data: { 'text/plain': '42' } }],
    [{ output_type: 'execute_result', data: { 'text/plain': "'CPython'" } }],
  ]);
});

it('the client made from the description creates, lists, resumes and suspends, reads versions, and is refused in type', async () => {
  const { url } = platform();
  const { token } = await newUser(url);
  const env = { CELLBOOK_URL: url, CELLBOOK_TOKEN: token, PYTHONPATH: pythonClient };
  expect(JSON.parse(await runScript('use_client.py', env))).toEqual({
    made_once: true,
    listed: ['From Python'],
    resumed: 'running',
    suspended: 'suspended',
    versions: [2, 'one'],
    refused: { code: 'not_found', text: expect.stringContaining('no such workspace') },
  });
});

it('k6 resumes workspaces of all tiers over and over, none fails, and the rungs that were taken are counted', async () => {
  const program = join(import.meta.dirname, '../../loadtest/bench/main.ts');
  const short = ['--mixed', '--people', '3', '--at-once', '3', '--seconds', '2', '--slack', '1000'];
  const child = spawn(
    process.execPath,
    [program, 'resume-load', '--json', '--url', platform().url, ...short],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out, err).not.toBe('');
  const { failed, rungs, tiers } = JSON.parse(out);
  expect(failed, err).toEqual([]);
  expect(rungs.live.n).toBeGreaterThan(0);
  const sum = (of: Record<string, { n: number }>) => Object.values(of).reduce((all, { n }) => all + n, 0);
  for (const tier of ['free', 'paid', 'enterprise']) expect(tiers[tier].n).toBeGreaterThan(0);
  expect(sum(tiers)).toBe(sum(rungs));
});
