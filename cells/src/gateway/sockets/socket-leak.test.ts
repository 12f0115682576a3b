/** A page opens and drops sockets all day: whatever way one ends, nothing of it stays in the process. */
import { newSandboxId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { FakeSandbox } from '../testing/fake-sandbox.ts';
import { startTestServer, type TestServer } from '../testing/server.ts';

const rounds = 50;
const openSockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

test('hundreds of connections that close, vanish or are refused leave no socket, and no place taken', async () => {
  const server = await startTestServer({
    start: async (workspaceId, epoch) => new FakeSandbox(newSandboxId(systemRandom), workspaceId, epoch),
    stop: async (sandbox) => (sandbox as FakeSandbox).end({ reason: 'stopped' }),
  });
  try {
    const kernelId = await server.startKernel();
    await roundOf(server, kernelId);
    await expect.poll(() => connectionsOf(server, kernelId)).toBe(0);
    const before = openSockets();
    for (let round = 0; round < rounds; round++) await roundOf(server, kernelId);
    await expect.poll(() => connectionsOf(server, kernelId)).toBe(0);
    await expect.poll(openSockets).toBeLessThanOrEqual(before);
  } finally {
    await server.close();
  }
});

/** One socket that is closed, one that vanishes without a word, one that vanishes mid-message, one refused. */
async function roundOf(server: TestServer, kernelId: string): Promise<void> {
  const [closed, gone, cutShort] = await Promise.all([
    server.connect(kernelId),
    server.connect(kernelId),
    server.connect(kernelId),
  ]);
  await closed.close();
  gone.socket.terminate();
  cutShort.socket.send(Buffer.alloc(1 << 20));
  cutShort.socket.terminate();
  const nowhere = `${server.url.replace('http', 'ws')}/api/kernels/00000000-0000-4000-8000-000000000000/channels`;
  const refused = new WebSocket(nowhere);
  await new Promise<void>((resolve) => refused.once('error', () => resolve()));
}

const connectionsOf = async (server: TestServer, kernelId: string): Promise<number> =>
  (await server.call('GET', `/api/kernels/${kernelId}`)).json.connections;
