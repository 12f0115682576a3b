/** Shared by the gateway's tests: messages as a client and a kernel write them, and a socket that records. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { ClientSocket, type WireSocket } from '../channel/client-socket.ts';
import { KernelChannel } from '../channel/kernel-channel.ts';
import { createCompose, looseHeader, readObject } from '../frames/message.ts';
import { type Channel, part, readV1Frame, writeV1Frame } from '../frames/v1-frame.ts';

export interface TestMessage {
  channel?: Channel;
  msgType: string;
  msgId?: string;
  session?: string;
  parent?: { msgId: string; msgType?: string; session?: string };
  metadata?: Record<string, unknown>;
  content?: Record<string, unknown>;
  buffers?: Buffer[];
}

let drawn = 0;

/** One v1 frame. */
export function frameOf(message: TestMessage): Buffer {
  const { channel = 'shell', msgType, msgId = `msg-${drawn++}`, session = 'client', parent } = message;
  const header = { msg_id: msgId, msg_type: msgType, session, username: 'test', date: '', version: '5.3' };
  const parentHeader = parent
    ? { msg_id: parent.msgId, msg_type: parent.msgType ?? '', session: parent.session ?? 'client' }
    : {};
  const parts = [header, parentHeader, message.metadata ?? {}, message.content ?? {}];
  return writeV1Frame(channel, [
    ...parts.map((value) => Buffer.from(JSON.stringify(value))),
    ...(message.buffers ?? []),
  ]);
}

export interface Heard {
  channel: string;
  msgType: string;
  parentId: string | null;
  content: Record<string, unknown>;
}

export function heard(bytes: Uint8Array): Heard {
  const { channel, parts } = readV1Frame(Buffer.from(bytes));
  return {
    channel,
    msgType: looseHeader(parts[part.header]!)?.msgType ?? '',
    parentId: looseHeader(parts[part.parentHeader]!)?.msgId ?? null,
    content: readObject(parts[part.content]!),
  };
}

/** A socket that keeps what it was given; `isStuck` keeps it from writing anything out. */
export class RecordingWire implements WireSocket {
  readonly sent: Uint8Array[] = [];
  readonly closes: Array<{ code: number; reason: string }> = [];
  isReading = true;
  isStuck = false;
  #waiting: Array<{ bytes: number; done: (error?: Error | null) => void }> = [];

  get bufferedAmount(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get heard(): Heard[] {
    return this.sent.map(heard);
  }

  get texts(): string[] {
    return this.heard
      .filter(({ msgType }) => msgType === 'stream')
      .map(({ content }) => String(content.text));
  }

  send(data: Uint8Array, _options: { binary: boolean }, done: (error?: Error | null) => void): void {
    this.sent.push(data);
    if (this.isStuck) this.#waiting.push({ bytes: data.length, done });
    else done();
  }

  /** Writes out what waits, one message at a time. */
  release(): void {
    this.isStuck = false;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) next.done();
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason });
  }

  pause(): void {
    this.isReading = false;
  }

  resume(): void {
    this.isReading = true;
  }
}

export function channelFixture() {
  const clock = new ManualClock();
  const compose = createCompose(clock, seededRandom(1));
  const budget = { usedBytes: 0, bytesMax: 1 << 30 };
  const channel = new KernelChannel({ clock, compose, budget, observe: () => {}, dropped: () => {} });
  const connect = (sessionId: string) => {
    const wire = new RecordingWire();
    const socket = new ClientSocket(wire, sessionId, false, { requestId: 'req-test' });
    channel.attach(socket);
    return { wire, socket };
  };
  const stream = (text: string, parent = 'cell-1') =>
    channel.fromKernel(
      frameOf({
        channel: 'iopub',
        msgType: 'stream',
        content: { name: 'stdout', text },
        parent: { msgId: parent },
      }),
    );
  return { clock, budget, channel, connect, stream };
}
