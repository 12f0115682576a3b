/** A workspace of the benchmark's own, with the echo kernel put where Jupyter looks for a user's kernels. */
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { echoKernelFile, echoKernelName, echoKernelspec } from '../echo-kernel/kernelspec.ts';
import { untilReady } from '../processes.ts';
import type { Person } from './person.ts';
import type { BenchPlatform } from './start.ts';

export interface BenchWorkspace {
  id: string;
  /** Base URLs of its Jupyter API, without a slash at the end. */
  edgeUrl: string;
  cellUrl: string;
}

const workspaceSchema = z.object({ id: z.string() });
const terminalSchema = z.object({ name: z.string() });

/** `python` must be able to import pyzmq inside the workspace's sandbox. */
export async function createBenchWorkspace(
  platform: BenchPlatform,
  person: Person,
  python: string,
): Promise<BenchWorkspace> {
  const { id } = workspaceSchema.parse(
    await post(`${platform.url}/v1/workspaces`, person, { name: 'benchmark' }, 201),
  );
  const workspace = { id, edgeUrl: `${platform.url}/w/${id}`, cellUrl: `${platform.cellUrl}/w/${id}` };
  await upload(workspace, person, 'install_echo.py', await installer(python));
  await runInTerminal(workspace, person, 'python3 install_echo.py');
  await untilReady(`the echo kernel in workspace ${id}`, async () => {
    const response = await fetch(`${workspace.edgeUrl}/api/kernelspecs`, {
      headers: await person.edgeHeaders(),
    });
    return (await response.text()).includes(`"${echoKernelName}"`);
  });
  return workspace;
}

/** A program that writes the kernel and its kernelspec into the home it runs in. */
async function installer(python: string): Promise<string> {
  const source = await readFile(echoKernelFile, 'utf8');
  const spec = JSON.stringify(echoKernelspec(python, '@DIRECTORY@/echo_kernel.py'));
  return [
    'import os',
    `directory = os.path.expanduser("~/.local/share/jupyter/kernels/${echoKernelName}")`,
    'os.makedirs(directory, exist_ok=True)',
    `open(os.path.join(directory, "echo_kernel.py"), "w").write(${JSON.stringify(source)})`,
    `spec = ${JSON.stringify(spec)}.replace("@DIRECTORY@", directory)`,
    'open(os.path.join(directory, "kernel.json"), "w").write(spec)',
    '',
  ].join('\n');
}

async function upload(
  workspace: BenchWorkspace,
  person: Person,
  path: string,
  content: string,
): Promise<void> {
  const response = await fetch(`${workspace.edgeUrl}/api/contents/${path}`, {
    method: 'PUT',
    headers: { ...(await person.edgeHeaders()), 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'file', format: 'text', content }),
  });
  if (!response.ok) throw new Error(`uploading ${path} gave ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

async function runInTerminal(workspace: BenchWorkspace, person: Person, command: string): Promise<void> {
  const { name } = terminalSchema.parse(await post(`${workspace.edgeUrl}/api/terminals`, person, {}, 200));
  const url = `${workspace.edgeUrl.replace(/^http/, 'ws')}/terminals/websocket/${name}`;
  const socket = new WebSocket(url, { headers: await person.edgeHeaders() });
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('open', () => socket.send(JSON.stringify(['stdin', `${command} && exit\r`])));
  });
  await ended;
}

async function post(url: string, person: Person, body: object, expected: number): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...(await person.edgeHeaders()),
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(180_000),
  });
  const text = await response.text();
  if (response.status !== expected) throw new Error(`POST ${url} gave ${response.status}: ${text}`);
  return JSON.parse(text);
}
