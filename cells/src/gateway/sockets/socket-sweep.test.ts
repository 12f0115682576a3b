import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SocketSweep } from './socket-sweep.ts';

let server: WebSocketServer;
let sweep: SocketSweep;
let counts: number[];
beforeEach(async () => {
  counts = [];
  sweep = new SocketSweep((count) => counts.push(count));
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    sweep.add(socket);
    socket.on('close', () => sweep.remove(socket));
  });
  await once(server, 'listening');
});
afterEach(() => server.close());

async function connect(options: { autoPong?: boolean } = {}) {
  const before = sweep.size;
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
  await expect.poll(() => sweep.size).toBe(before + 1);
  return socket;
}

test('a socket that answers its ping lives on, one that does not is dropped at the next round', async () => {
  const alive = await connect();
  const silent = await connect({ autoPong: false });
  const pinged = once(alive, 'ping');
  sweep.ping();
  await pinged;
  await expect.poll(() => silent.readyState).toBe(WebSocket.OPEN);
  // The pong of the one that answers must have come before the next round.
  const [round] = await Promise.all([once([...server.clients][0]!, 'pong').catch(() => null), alive.pong()]);
  expect(round).not.toBeNull();
  sweep.ping();
  await expect.poll(() => silent.readyState).toBe(WebSocket.CLOSED);
  expect(alive.readyState).toBe(WebSocket.OPEN);
  expect(sweep.size).toBe(1);
  expect(counts).toEqual([1, 2, 1]);
  alive.terminate();
});

test('a drain sends every socket away to come back', async () => {
  const [one, two] = [await connect(), await connect()];
  const closes = [one, two].map((socket) => once(socket, 'close'));
  sweep.drain();
  expect((await Promise.all(closes)).map(([code]) => code)).toEqual([1012, 1012]);
});
