/** A kernel client for tests: builds v1 frames, reads them, and gathers what one request caused. */
import type { KernelId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { SupervisorLink } from '../link/supervisor-link.ts';

export interface KernelMessage {
  channel: string;
  seq: number;
  type: string;
  parentId: string | undefined;
  content: Record<string, unknown>;
}

export function buildFrame(channel: string, parts: Array<string | Uint8Array>): Buffer {
  const body = [channel, ...parts].map((part) => Buffer.from(part as string));
  const table = Buffer.alloc(8 * (body.length + 2));
  table.writeBigUInt64LE(BigInt(body.length + 1), 0);
  let offset = table.length;
  body.forEach((part, index) => {
    table.writeBigUInt64LE(BigInt(offset), 8 * (index + 1));
    offset += part.length;
  });
  table.writeBigUInt64LE(BigInt(offset), 8 * (body.length + 1));
  return Buffer.concat([table, ...body]);
}

export function readFrame(frame: Buffer, seq: number): KernelMessage {
  const count = Number(frame.readBigUInt64LE(0));
  const at = (index: number) => Number(frame.readBigUInt64LE(8 * (index + 1)));
  const part = (index: number) => frame.toString('utf8', at(index), at(index + 1));
  if (at(count - 1) !== frame.length) throw new Error('the last offset is not the length');
  const header = JSON.parse(part(1));
  const parent = JSON.parse(part(2));
  return {
    channel: part(0),
    seq,
    type: header.msg_type,
    parentId: parent.msg_id,
    content: JSON.parse(part(4)),
  };
}

export class KernelClient {
  readonly messages: KernelMessage[] = [];
  readonly #link: SupervisorLink;
  readonly #kernelId: KernelId;
  #waiters: Array<() => void> = [];

  constructor(link: SupervisorLink, kernelId: KernelId) {
    this.#link = link;
    this.#kernelId = kernelId;
    link.on('kernelMessage', (id, frame, seq) => {
      if (id !== kernelId) return;
      this.messages.push(readFrame(frame, seq));
      for (const waiter of this.#waiters) waiter();
    });
  }

  send(channel: string, type: string, content: object): string {
    const id = systemRandom.uuid();
    const header = {
      msg_id: id,
      msg_type: type,
      session: 'test',
      username: 'test',
      date: '2026-01-01T00:00:00Z',
      version: '5.3',
    };
    const parts = [JSON.stringify(header), '{}', '{}', JSON.stringify(content)];
    this.#link.sendKernelMessage(this.#kernelId, buildFrame(channel, parts));
    return id;
  }

  execute(code: string, allowStdin = false): string {
    return this.send('shell', 'execute_request', {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: allowStdin,
      // With true ipykernel aborts what reaches it within a moment after an error, by its own clock.
      stop_on_error: false,
    });
  }

  /** The first message that fits, already here or yet to come. */
  async until(fits: (message: KernelMessage) => boolean, deadlineMs = 20_000): Promise<KernelMessage> {
    const find = () => this.messages.find(fits);
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (!found) return;
        clearTimeout(timer);
        this.#waiters = this.#waiters.filter((waiter) => waiter !== look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        const seen = this.messages.slice(-5).map((message) => `${message.channel}:${message.type}`);
        reject(
          new Error(`no such message within ${deadlineMs} ms; the last were ${seen.join(', ') || 'none'}`),
        );
      }, deadlineMs);
      this.#waiters.push(look);
      look();
    });
  }

  /** Executes and waits for both the reply and idle. */
  async run(code: string, deadlineMs?: number) {
    const id = this.execute(code);
    const reply = await this.until((m) => m.type === 'execute_reply' && m.parentId === id, deadlineMs);
    await this.until(
      (m) => m.type === 'status' && m.parentId === id && m.content.execution_state === 'idle',
      deadlineMs,
    );
    const own = this.messages.filter((message) => message.parentId === id);
    return { id, reply: reply.content, own, text: textOf(own), result: resultOf(own) };
  }
}

export function textOf(messages: KernelMessage[]): string {
  return messages
    .filter(({ type }) => type === 'stream')
    .map(({ content }) => content.text)
    .join('');
}

function resultOf(messages: KernelMessage[]): string | undefined {
  const found = messages.find(({ type }) => type === 'execute_result');
  return (found?.content.data as Record<string, string> | undefined)?.['text/plain'];
}
