import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { ManualClock } from '../clock.ts';
import { responseSink } from './response-sink.ts';

it('a reader that takes nothing is cut off a little after the end', async () => {
  const clock = new ManualClock();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  reader.on('error', () => undefined);
  reader.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const closed = once(response, 'close');
  const sink = responseSink(response, clock, { bufferBytesMax: 2 ** 20, cutMs: 5_000 });
  // More than the kernel takes of one connection.
  for (let mib = 0; mib < 64; mib++) sink.write('x'.repeat(2 ** 20));
  sink.end();
  await clock.advance(4_999);
  expect(response.destroyed).toBe(false);
  await clock.advance(1);
  await closed;
  reader.destroy();
  await new Promise((resolve) => server.close(resolve));
});
