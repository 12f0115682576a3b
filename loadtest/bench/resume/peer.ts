/**
 * The peer: what a hosted notebook without a ladder does at each start. A stock jupyter_server is started as a
 * program, a kernel in it, and a first cell run; measured from the start of the program to what the cell printed.
 * Its page cache is left warm, it passes no proxy and nothing isolates it.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@cellbook/shared/ports.ts';
import { startKernel } from '../legs/jupyter-server.ts';
import { start } from '../processes.ts';
import { nowMs, openNotebook } from './notebook.ts';
import { firstCell } from './subject.ts';

const startDeadlineMs = 120_000;
const lookMs = 10;

/** Milliseconds. */
export async function freshPeer(python: string, directory: string): Promise<number> {
  const port = await freePort();
  const token = randomUUID();
  const home = join(directory, `peer-${port}`);
  await mkdir(home, { recursive: true });
  const startedAtMs = nowMs();
  const server = start({
    command: python,
    args: [
      ...['-m', 'jupyter_server', '--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1'],
      ...[`--ServerApp.port=${port}`, '--ServerApp.port_retries=0', `--ServerApp.root_dir=${home}`],
      ...[`--IdentityProvider.token=${token}`, '--ServerApp.log_level=WARN'],
    ],
    env: { PATH: process.env.PATH, HOME: home },
    cwd: home,
    logFile: join(home, 'server.log'),
  });
  try {
    const baseUrl = `http://127.0.0.1:${port}`;
    const headers = { authorization: `token ${token}` };
    await untilAnswers(`${baseUrl}/api/status`, headers);
    const given = { name: 'peer', baseUrl, kernelspec: 'python3', stop: async () => undefined } as const;
    const kernelId = await startKernel({ ...given, headers: async () => headers });
    const notebook = await openNotebook(baseUrl, kernelId, headers);
    const { arrivedAtMs } = await notebook.run(firstCell);
    await notebook.close();
    return arrivedAtMs - startedAtMs;
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function untilAnswers(url: string, headers: Record<string, string>): Promise<void> {
  const endMs = performance.now() + startDeadlineMs;
  while (performance.now() < endMs) {
    const response = await fetch(url, { headers }).catch(() => null);
    if (response?.ok) return;
    await sleep(lookMs);
  }
  throw new Error('jupyter_server did not answer in time');
}
