/**
 * The peer: stock jupyter_server behind configurable-http-proxy, which is how JupyterHub serves a notebook.
 * Its output limits are switched off, so that it is not measured while it drops messages. `peerNoDelay` is
 * the same with Nagle's algorithm switched off on its kernel WebSockets (no_delay_config.py).
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { freePort } from '@cellbook/shared/ports.ts';
import { echoKernelName, installEchoKernelspec } from '../echo-kernel/kernelspec.ts';
import type { Leg } from '../measure/clients.ts';
import { start, untilReady } from '../processes.ts';
import { jupyterServerLeg } from './jupyter-server.ts';

const noDelayConfig = join(import.meta.dirname, '..', 'peer', 'no_delay_config.py');

export interface PeerOptions {
  name: 'peer' | 'peerNoDelay';
  python: string;
  directory: string;
}

export async function peerLeg(options: PeerOptions): Promise<Leg> {
  const [serverPort, proxyPort, proxyApiPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const token = randomUUID();
  const headers = { authorization: `token ${token}` };
  const home = join(options.directory, options.name);
  await mkdir(join(home, 'files'), { recursive: true });
  await mkdir(join(home, 'config'));
  if (options.name === 'peerNoDelay') {
    await copyFile(noDelayConfig, join(home, 'config', 'jupyter_server_config.py'));
  }
  await installEchoKernelspec(join(home, 'data'), options.python);
  const server = startServer(options.python, home, serverPort!, token);
  const proxy = startProxy(home, proxyPort!, proxyApiPort!, serverPort!);
  const baseUrl = `http://127.0.0.1:${proxyPort}`;
  await untilReady(
    'jupyter_server behind its proxy',
    async () => (await fetch(`${baseUrl}/api/kernels`, { headers })).status === 200,
    { program: server },
  );
  return jupyterServerLeg({
    name: options.name,
    baseUrl,
    kernelspec: echoKernelName,
    headers: async () => headers,
    stop: async () => void (await Promise.all([proxy.stop(), server.stop()])),
  });
}

function startServer(python: string, home: string, port: number, token: string) {
  return start({
    command: python,
    args: [
      '-m',
      'jupyter_server',
      '--no-browser',
      '--allow-root',
      '--ServerApp.ip=127.0.0.1',
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      `--ServerApp.root_dir=${join(home, 'files')}`,
      `--IdentityProvider.token=${token}`,
      '--ZMQChannelsWebsocketConnection.limit_rate=False',
      '--ServerApp.log_level=WARN',
    ],
    env: {
      PATH: process.env.PATH,
      HOME: home,
      JUPYTER_PATH: join(home, 'data'),
      JUPYTER_DATA_DIR: join(home, 'data'),
      JUPYTER_CONFIG_DIR: join(home, 'config'),
      JUPYTER_RUNTIME_DIR: join(home, 'runtime'),
    },
    cwd: home,
    logFile: join(home, 'server.log'),
  });
}

function startProxy(home: string, port: number, apiPort: number, serverPort: number) {
  const manifest = createRequire(import.meta.url).resolve('configurable-http-proxy/package.json');
  return start({
    command: process.execPath,
    args: [
      join(manifest, '..', 'bin', 'configurable-http-proxy'),
      '--ip=127.0.0.1',
      `--port=${port}`,
      '--api-ip=127.0.0.1',
      `--api-port=${apiPort}`,
      `--default-target=http://127.0.0.1:${serverPort}`,
      '--log-level=warn',
    ],
    env: { PATH: process.env.PATH, HOME: home, CONFIGPROXY_AUTH_TOKEN: randomUUID() },
    cwd: home,
    logFile: join(home, 'proxy.log'),
  });
}
