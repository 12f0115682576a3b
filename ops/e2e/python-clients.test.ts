/** Python's own Jupyter clients execute a notebook on a workspace, as a gateway. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, it } from 'vitest';
import { cacheDirectory } from '../up/home.ts';
import { ensurePythonClients } from './python/python-clients.ts';
import { useTestPlatform } from './test-platform.ts';
import { newUser } from './user.ts';

const platform = useTestPlatform();
let python: string;
beforeAll(async () => {
  python = await ensurePythonClients(cacheDirectory(process.env));
});

async function executeNotebook(url: string, token: string, sources: string[]): Promise<unknown[][]> {
  const script = join(import.meta.dirname, 'python/execute_notebook.py');
  const env = { ...process.env, JUPYTER_GATEWAY_URL: url, JUPYTER_GATEWAY_AUTH_TOKEN: token };
  const child = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(sources));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out, err).not.toBe('');
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
