/** The floor: the client on the kernel's own ZMQ sockets, over loopback TCP as the peer uses it. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { echoKernelFile } from '../echo-kernel/kernelspec.ts';
import { connectionSchema, connectZmqClient, type KernelConnection } from '../jupyter/zmq-client.ts';
import type { Leg } from '../measure/clients.ts';
import { type Started, start, untilReady } from '../processes.ts';

export function directLeg(options: { python: string; directory: string }): Leg {
  const kernels = new Map<number, Promise<{ connection: KernelConnection; program: Started }>>();

  async function startKernel(kernel: number) {
    const file = join(options.directory, `direct-${kernel}.json`);
    await writeFile(file, JSON.stringify(unboundConnection()), { mode: 0o600 });
    const program = start({
      command: options.python,
      args: [echoKernelFile, '-f', file],
      env: process.env,
      cwd: options.directory,
      logFile: join(options.directory, 'direct.log'),
    });
    const read = async () => connectionSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    await untilReady('the echo kernel', async () => (await read()).hb_port !== 0, { program });
    return { connection: await read(), program };
  }

  return {
    name: 'direct',
    async connect(kernel) {
      const started = kernels.get(kernel) ?? startKernel(kernel);
      kernels.set(kernel, started);
      return connectZmqClient((await started).connection);
    },
    async stop() {
      const all = await Promise.all(kernels.values());
      await Promise.all(all.map(({ program }) => program.stop()));
    },
  };
}

/** Port 0: the kernel takes free ones and writes them into the file. */
function unboundConnection(): KernelConnection {
  return {
    transport: 'tcp',
    ip: '127.0.0.1',
    key: randomUUID(),
    signature_scheme: 'hmac-sha256',
    shell_port: 0,
    control_port: 0,
    stdin_port: 0,
    iopub_port: 0,
    hb_port: 0,
  };
}
