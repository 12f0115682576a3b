import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { GatewaySocket } from './gateway-socket.ts';

const closers: Array<() => void> = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function pair() {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer({ server: http, WebSocket: GatewaySocket });
  const accepted = new Promise<{ socket: GatewaySocket; connection: Socket }>((resolve) => {
    server.on('connection', (socket, request) => {
      socket.runsOver(request.socket);
      resolve({ socket, connection: request.socket });
    });
  });
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`);
  closers.push(() => {
    client.terminate();
    server.close();
    http.close();
  });
  const received: string[] = [];
  client.on('message', (data) => received.push(data.toString()));
  await once(client, 'open');
  return { ...(await accepted), client, received };
}

test('holds what is sent in one turn and lets all of it go, in order, at the end of the turn', async () => {
  const { socket, connection, client, received } = await pair();
  for (const text of ['a', 'b', 'c']) {
    socket.gather();
    socket.send(text);
  }
  expect(connection.writableCorked).toBe(1);
  expect(connection.writableLength).toBeGreaterThan(0);
  while (received.length < 3) await once(client, 'message');
  expect(connection.writableCorked).toBe(0);
  expect(received).toEqual(['a', 'b', 'c']);
});

test('a close in the same turn comes after what was sent before it', async () => {
  const { socket, client, received } = await pair();
  socket.gather();
  socket.send('last words');
  socket.close(1012, 'come back');
  const [code] = await once(client, 'close');
  expect(code).toBe(1012);
  expect(received).toEqual(['last words']);
});

test('a connection that is torn down in the same turn takes nothing else with it', async () => {
  const { socket, client } = await pair();
  socket.gather();
  socket.send('never read');
  socket.terminate();
  const [code] = await once(client, 'close');
  expect(code).toBe(1006);
});
