import { PassThrough, Writable } from 'node:stream';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newKernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildFrame } from '../testing/kernel-client.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  type Frame,
  FrameDecoder,
  flagError,
  frameHeader,
  frameType,
} from './frames.ts';
import { StdioLink } from './stdio-link.ts';

const hello = { protoMin: 1, protoMax: 1, build: 'test', lastSeq: 0, python: '3', ipykernel: null };
const never = new AbortController().signal;

/** The supervisor's side, played by the test. */
class Peer {
  readonly clock = new ManualClock();
  readonly received: Frame[] = [];
  readonly output = new PassThrough();
  readonly input: Writable;
  readonly link: StdioLink;
  #seq = 0;

  constructor() {
    const decoder = new FrameDecoder();
    this.input = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        decoder.push(chunk, (frame) => this.received.push(frame));
        done();
      },
    });
    this.link = new StdioLink({ input: this.input, output: this.output }, this.clock);
  }

  say(type: number, stream: number, payload: Uint8Array, flags = 0): void {
    this.output.write(
      Buffer.concat([frameHeader(type, stream, ++this.#seq, payload.length, flags), payload]),
    );
  }

  async request(): Promise<{ stream: number; method: string; params: Record<string, unknown> }> {
    await settle();
    const frame = this.received.findLast(({ type }) => type === frameType.request);
    if (!frame) throw new Error('the link asked nothing');
    const { method, params } = decodeEnvelope(frame.payload).value as {
      method: string;
      params: Record<string, unknown>;
    };
    return { stream: frame.stream, method, params };
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const unavailable = { code: 'sandbox_unavailable' };

describe('the link', () => {
  let peer: Peer;
  const kernelId = newKernelId(seededRandom(1));
  beforeEach(() => {
    peer = new Peer();
    peer.say(frameType.hello, 0, encodeEnvelope(hello));
  });

  async function startKernel(): Promise<number> {
    const starting = peer.link.startKernel({
      kernelId,
      kernelspec: 'python3',
      directory: '',
      environment: {},
    });
    const { stream, params } = await peer.request();
    peer.say(frameType.response, stream, encodeEnvelope({ status: 'ok' }));
    expect(await starting).toEqual({ status: 'ok' });
    return Number(params.stream);
  }

  it('is open when HELLO has come', async () => {
    expect(await peer.link.waitForHello(never)).toEqual(hello);
    expect(peer.link.hello).toEqual(hello);
  });

  it('closes when there is no version in common', async () => {
    const other = new Peer();
    const waiting = other.link.waitForHello(never);
    other.say(frameType.hello, 0, encodeEnvelope({ ...hello, protoMin: 3, protoMax: 4 }));
    await expect(waiting).rejects.toMatchObject(unavailable);
  });

  it('gives each answer to its question, in whatever order they come', async () => {
    const first = peer.link.readKernelspecResource('python3', 'a');
    const one = await peer.request();
    const second = peer.link.readKernelspecResource('python3', 'b');
    const two = await peer.request();
    peer.say(frameType.response, two.stream, encodeEnvelope({}, Buffer.from('B')));
    peer.say(frameType.response, one.stream, encodeEnvelope({}, Buffer.from('A')));
    expect([(await first).toString(), (await second).toString()]).toEqual(['A', 'B']);
  });

  it('turns a refusal into a typed error, and an unknown code into sandbox_unavailable', async () => {
    const asked = peer.link.interruptKernel(kernelId);
    const { stream } = await peer.request();
    peer.say(
      frameType.response,
      stream,
      encodeEnvelope({ code: 'not_found', problem: 'none', ids: { kernelId } }),
      flagError,
    );
    await expect(asked).rejects.toMatchObject({ code: 'not_found', ids: { kernelId } });
    const again = peer.link.interruptKernel(kernelId);
    const { stream: other } = await peer.request();
    peer.say(frameType.response, other, encodeEnvelope({ code: 'root', problem: 'x' }), flagError);
    await expect(again).rejects.toMatchObject(unavailable);
  });

  it('gives up a question at its deadline and ignores an answer that comes later', async () => {
    const asked = peer.link.listKernelspecs();
    const outcome = expect(asked).rejects.toMatchObject(unavailable);
    const { stream } = await peer.request();
    await peer.clock.advance(limits.supervisorLink.requestMsMax);
    await outcome;
    peer.say(frameType.response, stream, encodeEnvelope({}));
    await settle();
    expect(peer.link.hello).toEqual(hello);
  });

  it('passes kernel messages with their sequence numbers, and drops those of unknown kernels', async () => {
    const seen: unknown[] = [];
    peer.link.on('kernelMessage', (id, frame, seq) => seen.push([id, frame.toString(), seq]));
    const stream = await startKernel();
    const message = (text: string, seq: number) => {
      const head = Buffer.alloc(8);
      head.writeBigUInt64LE(BigInt(seq));
      return Buffer.concat([head, Buffer.from(text)]);
    };
    peer.say(frameType.kernelOutput, stream, message('one', 1));
    peer.say(frameType.kernelOutput, stream + 1000, message('stray', 1));
    peer.say(frameType.kernelOutput, stream, message('two', 2));
    await settle();
    expect(seen).toEqual([
      [kernelId, 'one', 1],
      [kernelId, 'two', 2],
    ]);
  });

  it('says when a kernel has a full window on its way, while another kernel and control go on', async () => {
    const stream = await startKernel();
    const large = buildFrame('shell', ['{}', '{}', '{}', 'x'.repeat(limits.supervisorLink.windowBytesMax)]);
    expect(peer.link.sendKernelMessage(kernelId, large)).toBe(false);
    expect(peer.link.sendKernelMessage(kernelId, buildFrame('control', ['{}', '{}', '{}', '{}']))).toBe(true);
    await settle();
    let isDrained = false;
    const drained = peer.link.drained(kernelId).then(() => {
      isDrained = true;
    });
    await peer.link.drained();
    expect(isDrained).toBe(false);
    const taken = Buffer.alloc(8);
    taken.writeBigUInt64LE(BigInt(large.length));
    peer.say(frameType.accepted, stream, taken);
    await drained;
  });

  it('refuses a message for no kernel, a malformed one and one over the limit, and sends none of them', async () => {
    const code = (value: string) => expect.objectContaining({ code: value });
    const ok = buildFrame('shell', ['{}', '{}', '{}', '{}']);
    expect(() => peer.link.sendKernelMessage(kernelId, ok)).toThrow(code('not_found'));
    await startKernel();
    const sent = peer.received.length;
    expect(() => peer.link.sendKernelMessage(kernelId, ok.subarray(1))).toThrow(code('malformed_frame'));
    const huge = buildFrame('shell', ['{}', '{}', '{}', new Uint8Array(limits.supervisorLink.frameBytesMax)]);
    expect(() => peer.link.sendKernelMessage(kernelId, huge)).toThrow(code('too_large'));
    peer.link.sendKernelMessage(kernelId, ok);
    await settle();
    expect(peer.received.length).toBe(sent + 1);
  });

  it('fails everything that waits, once, when the sandbox ends', async () => {
    let closed = 0;
    peer.link.on('closed', () => void closed++);
    const asked = peer.link.listKernelspecs();
    peer.output.end();
    await expect(asked).rejects.toMatchObject(unavailable);
    await expect(peer.link.quiesce()).rejects.toMatchObject(unavailable);
    peer.link.close();
    expect(closed).toBe(1);
  });

  it('closes on malformed output from the sandbox', async () => {
    const bad: Array<[number, Uint8Array]> = [
      [frameType.heartbeat, encodeEnvelope({ memoryBytes: -1 })],
      [frameType.kernelState, encodeEnvelope({ kernelId: 'no', state: 'idle' })],
      [frameType.hello, Buffer.from('nonsense')],
      [frameType.request, Buffer.alloc(0)],
      [frameType.kernelOutput, Buffer.alloc(3)],
      [frameType.accepted, Buffer.alloc(3)],
    ];
    for (const [type, payload] of bad) {
      const each = new Peer();
      const closed = new Promise<void>((resolve) => void each.link.on('closed', resolve));
      each.say(type, 1, payload);
      await closed;
    }
  });

  it('waits for another HELLO when it goes on after a quiesce', async () => {
    await peer.link.waitForHello(never);
    const quiesced = peer.link.quiesce();
    await settle();
    const stream = peer.received.findLast(({ type }) => type === frameType.quiesce)?.stream ?? 0;
    peer.say(frameType.quiesced, stream, Buffer.alloc(0));
    await quiesced;
    const resumed = peer.link.resume(never);
    peer.say(frameType.hello, 0, encodeEnvelope({ ...hello, lastSeq: 9 }));
    expect(await resumed).toMatchObject({ lastSeq: 9 });
  });

  it('refuses who waits for an answer that is malformed, and ends', async () => {
    const asked = peer.link.listKernelspecs();
    const { stream } = await peer.request();
    peer.say(frameType.response, stream, encodeEnvelope({ problem: 5 }), flagError);
    await expect(asked).rejects.toMatchObject({ code: 'sandbox_unavailable' });
  });
});
