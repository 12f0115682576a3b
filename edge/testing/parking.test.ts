/**
 * Browsers' sockets held by objects of the edge, in workerd as `wrangler dev` runs it: what the runtime does with a
 * browser that does not read, and with an attachment that breaks. The cell is a server of this file.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import {
  goWord,
  parkedCode,
  parkingHeader,
  parkWord,
  pauseWord,
  readParking,
  resumeWord,
  runWord,
} from '@cellbook/shared/protocol/parking-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { cellRun, type RunningEdge, startEdge } from './running-edge.ts';

/** One attachment, as the cell has it. */
interface Attachment {
  socket: WebSocket;
  seq: number | undefined;
  heard: string[];
  closedWith: number | null;
}

let edge: RunningEdge;
let cell: WebSocketServer;
let token: string;
const attachments: Attachment[] = [];

beforeAll(async () => {
  edge = await startEdge(await freePort(), { CELLBOOK_SIGN_IN: 'development' });
  cell = new WebSocketServer({ server: edge.cell });
  cell.on('connection', accept);
  token = await newToken();
}, 180_000);

afterAll(async () => {
  for (const client of cell?.clients ?? []) client.terminate();
  await edge?.stop();
});

function accept(socket: WebSocket, { headers }: IncomingMessage): void {
  const seq = readParking(headers[parkingHeader])?.seq;
  const attachment: Attachment = { socket, seq, heard: [], closedWith: null };
  attachments.push(attachment);
  socket.on('message', (data) => attachment.heard.push(String(data)));
  socket.on('close', (code) => {
    attachment.closedWith = code;
  });
  socket.send(runWord + cellRun);
}

async function newToken(): Promise<string> {
  const headers = { origin: edge.url };
  const body = new URLSearchParams({ name: 'Ada', email: 'ada@example.org' });
  const signedIn = await fetch(`${edge.url}/signin`, { method: 'POST', headers, body, redirect: 'manual' });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const made = await fetch(`${edge.url}/v1/tokens`, {
    ...{ method: 'POST', headers: { ...headers, cookie }, body: JSON.stringify({ name: 'test' }) },
  });
  return ((await made.json()) as { token: string }).token;
}

async function open(): Promise<{ browser: WebSocket; texts: string[]; first: Attachment }> {
  const path = `/w/${newWorkspaceId(systemRandom)}/api/kernels/k/channels`;
  const browser = new WebSocket(`${edge.url.replace('http', 'ws')}${path}`, {
    ...{ headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false },
  });
  const texts: string[] = [];
  browser.on('message', (data) => texts.push(String(data)));
  await once(browser, 'open');
  const first = attachments.at(-1);
  if (!first) throw new Error('the cell has no attachment');
  return { browser, texts, first };
}

const isClosing = ({ readyState }: WebSocket) =>
  readyState === WebSocket.CLOSING || readyState === WebSocket.CLOSED;
const patience = { timeout: 20_000 };

test('a parked socket stays open without an attachment, and what it says next begins the second', async () => {
  const { browser, texts, first } = await open();
  browser.send('one');
  await expect.poll(() => first.heard, patience).toEqual(['one']);
  first.socket.send(parkWord + cellRun);
  await expect.poll(() => first.closedWith, patience).toBe(parkedCode);
  browser.send('two');
  await expect.poll(() => attachments.at(-1)?.heard, patience).toEqual([`${goWord}1`, 'two']);
  expect(attachments.at(-1)?.seq).toBe(2);
  attachments.at(-1)?.socket.send('answer');
  await expect.poll(() => texts, patience).toEqual(['answer']);
  browser.close();
});

test('an attachment that breaks off closes its browser, to come back; also one that has never said a word', async () => {
  const [speaks, listens] = [await open(), await open()];
  speaks.browser.send('a word');
  await expect.poll(() => speaks.first.heard.length, patience).toBe(1);
  const closed = once(speaks.browser, 'close');
  for (const { first } of [speaks, listens]) first.socket.terminate();
  expect((await closed)[0]).toBe(1012);
  // Its close frame has come; the runtime keeps the connection under it for ten seconds more.
  await expect.poll(() => isClosing(listens.browser), patience).toBe(true);
  listens.browser.terminate();
});

const frame = Buffer.alloc(64 * 1024, 'x').toString();

test('a browser that does not read holds its cell back, and has all of it in the end', async () => {
  const { browser, texts, first } = await open();
  browser.pause();
  const frames = limits.parking.waitingBytesMax / 2 / frame.length;
  for (let count = 0; count < frames; count += 1) first.socket.send(frame);
  await expect.poll(() => first.heard, patience).toEqual([pauseWord]);
  browser.resume();
  await expect.poll(() => first.heard, patience).toEqual([pauseWord, resumeWord]);
  await expect.poll(() => texts.length, patience).toBe(frames);
  browser.close();
});

test('one that does not read while its cell says more than is kept is sent back', async () => {
  const { browser, first } = await open();
  browser.pause();
  const frames = (1.5 * limits.parking.waitingBytesMax) / frame.length;
  for (let count = 0; count < frames; count += 1) first.socket.send(frame);
  await expect.poll(() => first.closedWith, patience).toBe(1012);
  browser.terminate();
});
