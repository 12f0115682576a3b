/** A Jupyter client of a few lines: both framings, and waiting for what it expects with a deadline. */
import { once } from 'node:events';
import { systemRandom } from '@cellbook/shared/random.ts';
import { WebSocket } from 'ws';
import { joinBinary, splitBinary } from '../frames/legacy-frame.ts';
import { v1Subprotocol } from '../frames/v1-frame.ts';
import { frameOf, type Heard, heard, type TestMessage } from './messages.ts';

const deadlineMs = 20_000;

export interface ClientOptions {
  isLegacy?: boolean;
  sessionId?: string;
}

export class TestClient {
  readonly socket: WebSocket;
  readonly messages: Heard[] = [];
  readonly raw: Array<{ data: Buffer; isBinary: boolean }> = [];
  readonly sessionId: string | undefined;
  readonly isLegacy: boolean;
  closed: { code: number; reason: string } | null = null;
  #changed: Array<() => void> = [];

  constructor(url: string, { isLegacy = false, sessionId }: ClientOptions = {}) {
    this.isLegacy = isLegacy;
    this.sessionId = sessionId;
    const full = sessionId === undefined ? url : `${url}?session_id=${sessionId}`;
    this.socket = new WebSocket(full, isLegacy ? [] : [v1Subprotocol], { perMessageDeflate: false });
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.raw.push({ data, isBinary });
      this.messages.push(isLegacy ? heardLegacy(data, isBinary) : heard(data));
      this.#wake();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
  }

  static async open(url: string, options: ClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(url, options);
    await once(client.socket, 'open', { signal: AbortSignal.timeout(deadlineMs) });
    return client;
  }

  get texts(): string {
    return this.messages
      .filter(({ msgType }) => msgType === 'stream')
      .map(({ content }) => String(content.text))
      .join('');
  }

  send(message: TestMessage): void {
    const own = { session: this.sessionId ?? 'client', ...message };
    if (this.isLegacy) this.#sendLegacy(own);
    else this.socket.send(frameOf(own));
  }

  execute(code: string, msgId: string, metadata: Record<string, unknown> = {}): void {
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: true,
      // With true ipykernel aborts what reaches it within a moment after an error, by its own clock.
      stop_on_error: false,
    };
    this.send({ msgType: 'execute_request', msgId, content, metadata });
  }

  /** Executes and waits for the reply and the idle that follows. */
  async run(code: string, msgId: string, metadata: Record<string, unknown> = {}): Promise<Heard> {
    this.execute(code, msgId, metadata);
    const reply = await this.reply(msgId);
    await this.until(() => this.statuses(msgId).includes('idle'));
    return reply;
  }

  statuses(parentId: string): unknown[] {
    return this.messages
      .filter((message) => message.msgType === 'status' && message.parentId === parentId)
      .map(({ content }) => content.execution_state);
  }

  reply(msgId: string): Promise<Heard> {
    return this.find((message) => message.parentId === msgId && message.msgType.endsWith('_reply'));
  }

  async find(matches: (message: Heard) => boolean): Promise<Heard> {
    await this.until(() => this.messages.some(matches));
    return this.messages.find(matches)!;
  }

  async until(condition: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(deadlineMs);
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        this.#changed.push(resolve);
        deadline.addEventListener(
          'abort',
          () => reject(new Error(`never heard; heard ${JSON.stringify(this.messages.slice(-20))}`)),
          { once: true },
        );
      });
    }
  }

  async close(code = 1000): Promise<void> {
    if (this.closed) return;
    if (code === 1006) this.socket.terminate();
    else this.socket.close(code);
    await this.until(() => this.closed !== null);
  }

  #sendLegacy({
    msgType,
    msgId = systemRandom.uuid(),
    session,
    parent,
    content,
    metadata,
    channel,
    buffers,
  }: TestMessage): void {
    const json = JSON.stringify({
      header: { msg_id: msgId, msg_type: msgType, session, username: '', version: '5.3', date: '' },
      parent_header: parent ? { msg_id: parent.msgId, msg_type: parent.msgType ?? '' } : {},
      metadata: metadata ?? {},
      content: content ?? {},
      channel: channel ?? 'shell',
    });
    this.socket.send(buffers?.length ? joinBinary([Buffer.from(json), ...buffers]) : json);
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }
}

function heardLegacy(data: Buffer, isBinary: boolean): Heard {
  const json = JSON.parse((isBinary ? splitBinary(data)[0]! : data).toString());
  return {
    channel: json.channel,
    msgType: json.header.msg_type,
    parentId: json.parent_header.msg_id ?? null,
    content: json.content,
  };
}
