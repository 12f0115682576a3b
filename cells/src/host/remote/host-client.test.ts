/** A host that falls silent, or is gone, in the middle of an answer. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { HostClient } from './host-client.ts';
import { createRemoteTree } from './remote-tree.ts';

let server: Server;
let clock: ManualClock;
let client: HostClient;
let status = 200;
let answering = Promise.withResolvers<ServerResponse>();

beforeEach(async () => {
  answering = Promise.withResolvers<ServerResponse>();
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-length': '100' });
    response.write('{"half":', () => answering.resolve(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  clock = new ManualClock();
  const hostId = hostIdSchema.parse('eu-1-a');
  client = new HostClient({ hostId, url: `http://127.0.0.1:${port}`, key: 'k', clock });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const asking = {
  'a command': () => client.call(z.unknown(), { method: 'GET', path: '/v1/host' }),
  'a file': () => tree().read(['a.txt']),
  'a change': () => tree().write(['a.txt'], Buffer.from('x')),
};
const tree = () => createRemoteTree({ client, workspaceId: newWorkspaceId(systemRandom), epoch: 1 });

it.each(Object.entries(asking).flatMap(([name, ask]) => [200, 503].map((of) => [name, of, ask] as const)))(
  '%s is told that the host cannot be reached where it is gone, or silent past the deadline, after half of a %i',
  async (_name, of, ask) => {
    status = of;
    const cut = ask().catch((error: unknown) => error);
    (await answering.promise).destroy();
    expect(await cut).toMatchObject({ code: 'host_unreachable' });

    answering = Promise.withResolvers<ServerResponse>();
    const silent = ask().catch((error: unknown) => error);
    const response = await answering.promise;
    const gaveUp = once(response, 'close');
    await clock.advance(Math.max(limits.host.commandMsMax, limits.host.fileMsMax));
    expect(await silent).toMatchObject({ code: 'host_unreachable' });
    await gaveUp;
  },
);
