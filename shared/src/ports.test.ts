import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, isPortFree } from './ports.ts';
import { seededRandom } from './random.ts';

it('gives a port that no outgoing connection is given, and not one that is listened on', async () => {
  const first = await freePort(seededRandom(20_261_123));
  expect(first).toBeGreaterThanOrEqual(20_000);
  expect(first).toBeLessThan(30_000);
  const server = createServer().listen(first, '127.0.0.1');
  await once(server, 'listening');
  expect(await isPortFree(first)).toBe(false);
  expect(await freePort(seededRandom(20_261_123))).not.toBe(first);
  server.close();
  await once(server, 'close');
  expect(await isPortFree(first)).toBe(true);
});

it('says so where no port is free', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : 0;
  // Always the one that is taken.
  const stuck = { ...seededRandom(1), int: () => taken - 20_000 };
  await expect(freePort(stuck)).rejects.toThrow('none of 200 ports between 20000 and 29999 is free');
  server.close();
  await once(server, 'close');
});
