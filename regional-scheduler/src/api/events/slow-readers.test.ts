import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { responseSink } from './response-sink.ts';
import { StreamPlaces } from './stream-places.ts';

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
  const sink = responseSink(response, clock);
  // More than the kernel takes of one connection.
  for (let mib = 0; mib < 64; mib++) sink.write('x'.repeat(2 ** 20));
  sink.end();
  await clock.advance(limits.jobs.eventCutMs - 1);
  expect(response.destroyed).toBe(false);
  await clock.advance(1);
  await closed;
  reader.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it('so many follow in one process, and the next is told to come again', () => {
  const random = seededRandom(1);
  const places = new StreamPlaces();
  const [first, late] = [newUserId(random), newUserId(random)];
  places.take(first);
  for (let open = 1; open < limits.jobs.eventStreamsMax; open++) {
    places.assertRoom(late);
    places.take(newUserId(random));
  }
  expect(() => places.assertRoom(late)).toThrow(expect.objectContaining({ code: 'capacity_exhausted' }));
  places.leave(first);
  places.assertRoom(late);
});
