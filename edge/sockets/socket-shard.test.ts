/** What an object does with a browser's socket that its cell parks, wakes and ends; the cell is testing/upstream.ts. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type WakeOrder, wakeType, wokenSchema, wokenType } from '@cellbook/shared/protocol/parking-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, expect, test } from 'vitest';
import { type SignedCell, signedCells } from '../testing/signed-cells.ts';
import { createWorld, main, type World } from '../testing/world.ts';

const run = '6f9619ff-8b86-4d11-b42d-00c04fc964ff';
const nextRun = '6f9619ff-8b86-4d11-b42d-00c04fc964fe';
let world: World;
let cookie: string;
let token: string;
let cells: SignedCell[];

beforeEach(async () => {
  world = await createWorld();
  cells = await signedCells(world);
  // Somebody new, whose sockets are with another object.
  cookie = await world.signIn(`${systemRandom.uuid()}@example.org`);
  token = await world.token(cookie);
});

interface Held {
  socket: WebSocket;
  name: string;
  shard: number;
  cell: SignedCell;
  next(): Promise<string>;
  closed: Promise<number>;
}

const atCell = (path: string) => world.fetch(`${main}/w/${world.workspaceId}${path}`, { headers: bearer() });
const bearer = () => ({ authorization: `Bearer ${token}` });

async function open(): Promise<Held> {
  const path = `/w/${world.workspaceId}/api/kernels/k/channels?session_id=tab`;
  const { webSocket: socket } = await world.fetch(`${main}${path}`, {
    headers: { ...bearer(), upgrade: 'websocket' },
  });
  if (!socket) throw new Error('no socket');
  const arrived: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.addEventListener('message', ({ data }) => {
    const take = waiting.shift();
    if (take) take(String(data));
    else arrived.push(String(data));
  });
  const closed = new Promise<number>((resolve) =>
    socket.addEventListener('close', ({ code }) => resolve(code)),
  );
  socket.accept();
  const next = async () => arrived.shift() ?? new Promise<string>((resolve) => waiting.push(resolve));
  const { parking, aud } = attachmentIn(await next());
  const [shard, name = ''] = parking.split('/');
  const cell = cells.find(({ id }) => id === aud);
  if (!cell) throw new Error(`${aud} is no cell`);
  return { socket, name, shard: Number(shard), cell, next, closed };
}

/** Each attachment begins with what the cell saw of its handshake. */
function attachmentIn(text: string): { parking: string; aud: string; url: string } {
  const { url, headers } = JSON.parse(text) as { url: string; headers: Record<string, string> };
  const [, claims = ''] = headers['cellbook-principal']?.split('.') ?? [];
  const { aud } = JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/'))) as { aud: string };
  return { parking: headers['cellbook-parking'] ?? '', aud, url };
}

async function parked(): Promise<Held> {
  const held = await open();
  held.socket.send(`park ${run}`);
  await atCell(`/seen/${held.name}-1-4001/0`);
  return held;
}

async function say({ cell, shard }: Held, orders: WakeOrder[], by = cell): Promise<string[]> {
  const answer = await by.post('/cells/wake', wakeType, { shard, orders });
  expect(answer.status).toBe(200);
  return (await by.read(answer, wokenType, wokenSchema)).gone;
}

test('what the browser says next attaches it again where it was, and comes after go, in its order', async () => {
  const { socket, name, shard, next } = await parked();
  for (const text of ['one', 'two', 'three']) socket.send(text);
  const { parking, url } = attachmentIn(await next());
  expect(parking).toBe(`${shard}/${name}/2`);
  expect(url).toBe(`/w/${world.workspaceId}/api/kernels/k/channels?session_id=tab`);
  expect([await next(), await next(), await next(), await next()]).toEqual(['go', 'one', 'two', 'three']);
  socket.close(1000);
});

test('its cell wakes it, once for each time that it was parked; no other cell does', async () => {
  const held = await parked();
  const { socket, name: of, next, cell } = held;
  const attach = { want: 'attach', socket: of, seq: 1 } as const;
  const other = cells.find(({ id }) => id !== cell.id);
  expect(await say(held, [attach], other)).toEqual([of]);
  expect(await say(held, [{ ...attach, seq: 7 }])).toEqual([]);
  const unknown = '6f9619ff-8b86-4d11-b42d-00c04fc964aa';
  expect(await say(held, [attach, { ...attach, socket: unknown }])).toEqual([unknown]);
  expect(attachmentIn(await next()).parking).toMatch(/\/2$/);
  expect(await next()).toBe('go');
  expect(await say(held, [attach])).toEqual([]);
  socket.send('still the second');
  expect(await next()).toBe('still the second');
  socket.close(1000);
});

test('its cell ends it with a code of its own', async () => {
  const held = await parked();
  await say(held, [{ want: 'end', socket: held.name, seq: 1, code: 1012, reason: 'it has ended' }]);
  expect(await held.closed).toBe(1012);
});

test('who has lost his right meanwhile is attached to nothing: his browser is sent back', async () => {
  const { socket, closed } = await parked();
  const { keys } = await (await world.fetch(`${main}/v1/keys`, { headers: bearer() })).json<{
    keys: { id: string }[];
  }>();
  await world.fetch(`${main}/v1/keys/${keys[0]?.id}`, {
    ...{ method: 'DELETE', headers: { origin: main, cookie } },
  });
  await world.edge.revoked.reload();
  socket.send('anything');
  expect(await closed).toBe(1012);
});

test('a browser that leaves is told to the cell, with what it said last', async () => {
  const { socket, name } = await parked();
  socket.send('last words');
  socket.close(1001);
  expect((await atCell(`/seen/${name}-2-1001/0`)).status).toBe(200);
});

test('is attached again when its cell has started anew, and not before', async () => {
  const { socket, shard, next } = await parked();
  for (const is of [run, nextRun]) {
    for (const url of env.UPSTREAMS)
      await fetch(`${url}/parked`, { method: 'PUT', body: JSON.stringify({ run: is }) });
    expect(await runDurableObjectAlarm(world.edge.shards(shard))).toBe(true);
    if (is === run) expect(await runDurableObjectAlarm(world.edge.shards(shard))).toBe(true);
  }
  expect(attachmentIn(await next()).parking).toMatch(/\/2$/);
  expect(await next()).toBe('go');
  socket.close(1000);
});

test('what its cell closes while it is attached is closed with the same code', async () => {
  const { socket, closed } = await open();
  socket.send('close 1012');
  expect(await closed).toBe(1012);
});
