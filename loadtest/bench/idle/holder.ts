/**
 * A process that holds idle kernel WebSockets for the benchmark, so that the client's end counts in no one's
 * memory but its own. On each line of standard input, `{urls, headers}`, it opens a socket per URL and
 * answers with the number it holds; it ends, and closes them, when its input ends.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { v1Subprotocol } from '../jupyter/messages.ts';

export const holdSchema = z.object({
  urls: z.array(z.string()),
  headers: z.record(z.string(), z.string()),
});

const held: WebSocket[] = [];
let lost = 0;

async function hold(url: string, headers: Record<string, string>): Promise<void> {
  const socket = new WebSocket(url, [v1Subprotocol], { headers, perMessageDeflate: false });
  await once(socket, 'open');
  socket.on('close', () => lost++);
  socket.on('error', () => undefined);
  held.push(socket);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { urls, headers } = holdSchema.parse(JSON.parse(line));
  for (const url of urls) await hold(url, headers);
  console.log(JSON.stringify({ held: held.length - lost }));
}
for (const socket of held) socket.terminate();
