import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, originOf, type World } from '../../testing/world.ts';

let world: World;
let base: string;
let headers: Record<string, string>;

beforeEach(async () => {
  world = await createWorld();
  const token = await world.token(await world.signIn());
  base = `${main}/w/${world.workspaceId}`;
  headers = { authorization: `Bearer ${token}`, upgrade: 'websocket' };
});

interface Opened {
  socket: WebSocket;
  /** What the cell saw of the handshake. */
  handshake: { url: string; headers: Record<string, string> };
  response: Response;
  next(): Promise<string | ArrayBuffer>;
  closed: Promise<{ code: number; reason: string }>;
}

async function open(address: string, init: RequestInit): Promise<Opened> {
  const response = await world.fetch(address, init);
  const socket = response.webSocket;
  if (!socket) throw new Error(`no socket but status ${response.status}`);
  const arrived: (string | ArrayBuffer)[] = [];
  const waiting: ((message: string | ArrayBuffer) => void)[] = [];
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', ({ data }) => {
    const take = waiting.shift();
    if (take) take(data as string | ArrayBuffer);
    else arrived.push(data as string | ArrayBuffer);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason })),
  );
  socket.accept();
  const next = async () =>
    arrived.shift() ?? new Promise<string | ArrayBuffer>((resolve) => waiting.push(resolve));
  return { socket, response, next, closed, handshake: JSON.parse(String(await next())) };
}

test('frames pass both ways, text as text and bytes as bytes', async () => {
  const { socket, next } = await open(`${base}/api/kernels/k/channels?session_id=s`, { headers });
  socket.send('text');
  expect(await next()).toBe('text');
  socket.send(new Uint8Array([0, 255, 1]));
  expect(new Uint8Array((await next()) as ArrayBuffer)).toEqual(new Uint8Array([0, 255, 1]));
  socket.close(1000);
});

test('a frame of 31 MiB passes whole', async () => {
  const { socket, next } = await open(`${base}/channels`, { headers });
  const frame = new Uint8Array(31 * 1024 * 1024);
  for (let at = 0; at < frame.length; at += 4_093) frame[at] = at & 255;
  socket.send(frame);
  const back = new Uint8Array((await next()) as ArrayBuffer);
  expect(back.length).toBe(frame.length);
  expect(back.every((byte, at) => byte === frame[at])).toBe(true);
  socket.close(1000);
});

test.each([1000, 1001, 1011, 1012, 4_321])('the cell’s close code %i reaches the client', async (code) => {
  const { socket, closed } = await open(`${base}/channels`, { headers });
  socket.send(`close ${code}`);
  expect(await closed).toEqual({ code, reason: 'as told' });
});

test('the chosen subprotocol passes, and the principal but no credential reaches the cell', async () => {
  const protocol = 'v1.kernel.websocket.jupyter.org';
  const { socket, response, handshake } = await open(`${base}/channels?token=x&session_id=s`, {
    headers: {
      ...headers,
      'sec-websocket-protocol': protocol,
      'sec-websocket-extensions': 'permessage-deflate',
      cookie: 'a=b',
    },
  });
  expect(response.headers.get('sec-websocket-protocol')).toBe(protocol);
  expect(handshake.url).toBe(`/w/${world.workspaceId}/channels?session_id=s`);
  expect(handshake.headers['cellbook-principal']).toMatch(/^ey/);
  for (const name of ['authorization', 'cookie', 'sec-websocket-extensions'])
    expect(handshake.headers).not.toHaveProperty(name);
  socket.close(1000);
});

test('with a cookie only the workspace’s own pages open a socket', async () => {
  const origin = originOf(world.workspaceId);
  const cookie = await world.enter(await world.signIn());
  const { socket } = await open(`${origin}/api/kernels/k/channels`, {
    headers: { cookie, origin, upgrade: 'websocket' },
  });
  socket.close(1000);
  const others: Record<string, string>[] = [
    { origin: main },
    { origin: 'null' },
    { origin: 'http://ws-x.localhost:8787' },
    {},
  ];
  for (const other of others) {
    const refused = await world.fetch(`${origin}/channels`, {
      headers: { cookie, upgrade: 'websocket', ...other },
    });
    expect([refused.status, refused.webSocket]).toEqual([403, null]);
  }
});
