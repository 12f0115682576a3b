/** A notebook's open socket: runs cells and says when what they printed came, and when the kernel began and ended. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { encodeV1, executeRequest, partOfV1, v1Subprotocol } from '../jupyter/messages.ts';

export interface Ran {
  printed: string;
  /** All in milliseconds since 1970. Sent; the kernel took it up; the kernel printed; that arrived here. */
  sentAtMs: number;
  takenAtMs: number;
  printedAtMs: number;
  arrivedAtMs: number;
}

export interface Notebook {
  /** Resolves when reply and idle have come too, so that the next cell may be sent. */
  run(code: string): Promise<Ran>;
  close(): Promise<void>;
}

const runDeadlineMs = 120_000;
const headerSchema = z.object({ msg_type: z.string(), date: z.string() });
const parentSchema = z.object({ msg_id: z.string().optional() });
const contentSchema = z.object({
  text: z.string().optional(),
  execution_state: z.string().optional(),
  ename: z.string().optional(),
  evalue: z.string().optional(),
});

/** Milliseconds since 1970, with fractions, of this machine's clock. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

export async function openNotebook(
  baseUrl: string,
  kernelId: string,
  headers: Record<string, string>,
): Promise<Notebook> {
  const session = randomUUID();
  const url = `${baseUrl.replace(/^http/, 'ws')}/api/kernels/${kernelId}/channels?session_id=${session}`;
  const socket = new WebSocket(url, [v1Subprotocol], { headers, perMessageDeflate: false });
  let current: Running | null = null;
  socket.on('message', (data: Buffer) => current?.saw(data));
  socket.on('close', (code) => current?.fail(new Error(`the socket closed with ${code}`)));
  await once(socket, 'open');
  socket.on('error', (error) => current?.fail(error));
  return {
    async run(code) {
      const { messageId, parts } = executeRequest(session, code);
      current = new Running(messageId);
      socket.send(encodeV1('shell', parts));
      return current.done;
    },
    async close() {
      const closed = once(socket, 'close');
      socket.close(1000);
      await closed;
    },
  };
}

class Running {
  readonly done: Promise<Ran>;
  readonly #messageId: string;
  readonly #settle = Promise.withResolvers<Ran>();
  readonly #ran: Ran = { printed: '', sentAtMs: nowMs(), takenAtMs: 0, printedAtMs: 0, arrivedAtMs: 0 };
  readonly #missing = new Set(['execute_reply', 'idle']);
  readonly #timer: NodeJS.Timeout;

  constructor(messageId: string) {
    this.#messageId = messageId;
    this.done = this.#settle.promise;
    this.#timer = setTimeout(() => this.fail(new Error('no answer in time')), runDeadlineMs);
  }

  saw(frame: Buffer): void {
    const arrivedAtMs = nowMs();
    const part = (index: number): unknown => JSON.parse(partOfV1(frame, index).toString());
    if (parentSchema.parse(part(2)).msg_id !== this.#messageId) return;
    const { msg_type, date } = headerSchema.parse(part(1));
    const { text = '', execution_state, ename, evalue } = contentSchema.parse(part(4));
    if (ename !== undefined) this.fail(new Error(`the cell failed: ${ename}: ${evalue}`));
    if (execution_state === 'busy') this.#ran.takenAtMs = Date.parse(date);
    if (msg_type === 'stream') {
      this.#ran.arrivedAtMs ||= arrivedAtMs;
      this.#ran.printedAtMs ||= Date.parse(date);
      this.#ran.printed += text;
    }
    this.#missing.delete(execution_state ?? msg_type);
    if (this.#missing.size > 0) return;
    clearTimeout(this.#timer);
    this.#settle.resolve(this.#ran);
  }

  fail(reason: Error): void {
    clearTimeout(this.#timer);
    this.#settle.reject(reason);
  }
}
