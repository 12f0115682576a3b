/**
 * For tests of outages: a server that speaks S3 over a directory, behind a door of its own that can be shut, let
 * people wait, answer every request with an error, or take requests and never answer. Where it is and what it
 * holds stay as they are.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

export type Door = { is: 'open' | 'failing' | 'silent' } | { is: 'slow'; ms: number };

export interface S3Server {
  /** What CELLBOOK_OBJECTS says of it. */
  url: string;
  /** From the next request on. */
  become(door: Door): void;
  /** Refuses connections, as a machine does on which nothing listens; then it is there again. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** How many requests came to the door. */
  readonly requests: number;
  stop(): Promise<void>;
}

export async function startS3(directory: string): Promise<S3Server> {
  await mkdir(directory, { recursive: true });
  const inner = fork(join(import.meta.dirname, 's3rver-process.ts'), [directory]);
  const [innerPort] = z.tuple([z.number()]).parse((await once(inner, 'message')).slice(0, 1));
  let requests = 0;
  let door: Door = { is: 'open' };
  const front = createServer((asked, answer) => {
    requests += 1;
    void pass(door, innerPort, asked, answer);
  });
  const port = await listen(front, 0);
  const keys = 'accessKeyId=S3RVER&secretAccessKey=S3RVER';
  return {
    url: `s3://cells/eu-1?endpoint=http://127.0.0.1:${port}&pathStyle=true&${keys}`,
    become(next) {
      door = next;
    },
    get requests() {
      return requests;
    },
    shut: () => close(front),
    open: async () => void (await listen(front, port)),
    async stop() {
      await close(front);
      const ended = once(inner, 'exit');
      inner.disconnect();
      await ended;
    },
  };
}

async function pass(door: Door, port: number, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  if (door.is === 'silent') return;
  if (door.is === 'failing') {
    asked.resume();
    answer.writeHead(500, { 'content-type': 'application/xml' });
    answer.end('<?xml version="1.0"?><Error><Code>InternalError</Code><Message>told to</Message></Error>');
    return;
  }
  if (door.is === 'slow') await sleep(door.ms);
  const { method, url: path, headers } = asked;
  const inner = request({ host: '127.0.0.1', port, method, path, headers }, (given) => {
    answer.writeHead(given.statusCode ?? 502, given.headers);
    given.pipe(answer);
  });
  inner.on('error', () => answer.destroy());
  asked.on('error', () => inner.destroy());
  asked.pipe(inner);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
