/** A client on a kernel's own ZMQ sockets: requests on shell, and every iopub message read as a client would. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dealer, Subscriber } from 'zeromq';
import { z } from 'zod';
import { type EchoClient, payload } from '../measure/clients.ts';
import { executeRequest, kernelInfoRequest, sign } from './messages.ts';
import { OutstandingRequest } from './outstanding-request.ts';

const delimiter = Buffer.from('<IDS|MSG>');

const portSchema = z.int().min(0).max(65_535);
/** A Jupyter connection file, as the echo kernel reads and writes it. */
export const connectionSchema = z.object({
  transport: z.literal('tcp'),
  ip: z.string(),
  key: z.string(),
  signature_scheme: z.literal('hmac-sha256'),
  shell_port: portSchema,
  control_port: portSchema,
  stdin_port: portSchema,
  iopub_port: portSchema,
  hb_port: portSchema,
});
export type KernelConnection = z.infer<typeof connectionSchema>;

export async function connectZmqClient(connection: KernelConnection): Promise<EchoClient> {
  const session = randomUUID();
  const shell = new Dealer({ linger: 0 });
  const iopub = new Subscriber({ linger: 0 });
  iopub.subscribe();
  shell.connect(`tcp://${connection.ip}:${connection.shell_port}`);
  iopub.connect(`tcp://${connection.ip}:${connection.iopub_port}`);
  const request = new OutstandingRequest();
  const published = Promise.withResolvers<void>();
  const reading = [readAll(shell, request), readAll(iopub, request, published.resolve)];
  await nudge(published.promise, () => send(shell, connection.key, kernelInfoRequest(session)));
  return {
    async roundTrip() {
      const { messageId, parts } = executeRequest(session, payload);
      const answered = request.start(messageId);
      await send(shell, connection.key, parts);
      return answered;
    },
    async close() {
      shell.close();
      iopub.close();
      await Promise.allSettled(reading);
    },
  };
}

function send(shell: Dealer, key: string, parts: Buffer[]): Promise<void> {
  return shell.send([delimiter, sign(key, parts), ...parts]);
}

/** A subscription takes effect a moment after it is made: asks until something published has come. */
async function nudge(published: Promise<void>, ask: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    await ask();
    const seen = await Promise.race([published.then(() => true), sleep(100, false)]);
    if (seen) return;
  }
  throw new Error('the kernel publishes nothing');
}

async function readAll(
  socket: Dealer | Subscriber,
  request: OutstandingRequest,
  onFirst: () => void = () => undefined,
): Promise<void> {
  for await (const parts of socket) {
    onFirst();
    const at = parts.findIndex((part) => part.equals(delimiter));
    request.saw(parts[at + 2]!, parts[at + 3]!, parts[at + 5]!);
  }
}
