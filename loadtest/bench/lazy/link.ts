/** A shaped link of the benchmark's own (link-process.ts), and what it really does: a round trip, and bytes a second. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { percentile, round } from '../measure/statistics.ts';

export interface LinkShape {
  mbps: number;
  rttMs: number;
}

export interface Link {
  port: number;
  /** Since it began, from the port's side. */
  carried(): Promise<{ upBytes: number; downBytes: number; connections: number }>;
  stop(): Promise<void>;
}

const program = join(import.meta.dirname, 'link-process.ts');
const carriedSchema = z.object({ upBytes: z.number(), downBytes: z.number(), connections: z.number() });

export async function startLink(toPort: number, { mbps, rttMs }: LinkShape): Promise<Link> {
  const child = fork(program, [toPort, mbps, rttMs].map(String));
  const ended = once(child, 'exit');
  const port = z.number().parse(await said(child));
  return {
    port,
    async carried() {
      const answer = said(child);
      child.send('carried');
      return carriedSchema.parse(await answer);
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

async function said(child: ChildProcess): Promise<unknown> {
  const [message] = z.array(z.unknown()).parse(await once(child, 'message'));
  return message;
}

const measured = { roundTrips: 50, connections: 8, bytes: 12 * 1024 * 1024 };

/** As measured with nothing else on a link of that shape: medians of round trips, and what eight connections get. */
export async function measureLink(shape: LinkShape): Promise<LinkShape> {
  const server = createServer((socket) => answer(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = await startLink((server.address() as AddressInfo).port, shape);
  try {
    const rttMs = await roundTripMs(link.port);
    return { mbps: await throughputMbps(link.port), rttMs };
  } finally {
    await link.stop();
    server.close();
  }
}

/** Each line asks for so many bytes. */
function answer(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.on('data', (asked: Buffer) => void socket.write(Buffer.alloc(Number(asked.toString().trim()))));
}

async function roundTripMs(port: number): Promise<number> {
  const socket = await opened(port);
  const times: number[] = [];
  for (let n = 0; n < measured.roundTrips; n++) times.push(await take(socket, 1));
  socket.destroy();
  return round(percentile(times.slice(1), 0.5), 1);
}

async function throughputMbps(port: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: measured.connections }, () => opened(port)));
  const startedMs = performance.now();
  await Promise.all(sockets.map((socket) => take(socket, measured.bytes)));
  const seconds = (performance.now() - startedMs) / 1_000;
  for (const socket of sockets) socket.destroy();
  return round((measured.connections * measured.bytes * 8) / 1e6 / seconds, 0);
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

async function take(socket: Socket, bytes: number): Promise<number> {
  const startedMs = performance.now();
  let left = bytes;
  const all = Promise.withResolvers<void>();
  const onData = (piece: Buffer) => {
    left -= piece.length;
    if (left <= 0) all.resolve();
  };
  socket.on('data', onData);
  socket.write(`${bytes}\n`);
  await all.promise;
  socket.off('data', onData);
  return performance.now() - startedMs;
}
