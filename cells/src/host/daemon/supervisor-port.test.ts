import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { newKernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  decodeEnvelope,
  encodeEnvelope,
  FrameSplitter,
  frameHeader,
  frameType,
  readFrame,
} from '../../sandbox/link/frames.ts';
import { SupervisorPort } from './supervisor-port.ts';

const helloBody = { protoMin: 1, protoMax: 1, build: 'test', lastSeq: 0, python: '3', ipykernel: null };

const framed = (type: number, seq: number, payload: Buffer, stream = 0) =>
  Buffer.concat([frameHeader(type, stream, seq, payload.length), payload]);
const numbered = (frame: Buffer, seq: bigint) => {
  frame.writeBigUInt64LE(seq, 8);
  return frame;
};
const output = (seq: number, text: string) => framed(frameType.terminalOutput, seq, Buffer.from(text), 7);

/** A controller's end of a connection, and what it has been told. */
class Controller {
  /** The daemon's end. */
  readonly wire: Socket;
  greeting: { attachment: number; notes: [string, unknown][] } | null = null;
  readonly heard: string[] = [];
  readonly #splitter = new FrameSplitter();
  #read = Buffer.alloc(0);

  readonly #end: Socket;

  static async connect(): Promise<Controller> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const end = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
    const [wire] = await once(server, 'connection');
    server.close();
    return new Controller(wire, end);
  }

  private constructor(wire: Socket, end: Socket) {
    this.wire = wire;
    this.#end = end;
    end.on('data', (chunk: Buffer) => this.#hear(chunk));
    end.on('error', () => {});
  }

  send(bytes: Buffer): void {
    this.#end.write(bytes);
  }

  acknowledge(seq: number): void {
    const payload = Buffer.alloc(8);
    payload.writeUInt32LE(seq, 0);
    this.send(framed(frameType.acknowledged, 1, payload));
  }

  note(key: string, value: unknown): void {
    this.send(framed(frameType.note, 1, encodeEnvelope({ key, value })));
  }

  #hear(chunk: Buffer): void {
    let rest = chunk;
    if (!this.greeting) {
      this.#read = Buffer.concat([this.#read, chunk]);
      if (this.#read.length < 4 || this.#read.length < 4 + this.#read.readUInt32LE(0)) return;
      const length = this.#read.readUInt32LE(0);
      this.greeting = JSON.parse(this.#read.toString('utf8', 4, 4 + length));
      rest = this.#read.subarray(4 + length);
    }
    this.#splitter.push(rest, (bytes) => {
      const { type, payload } = readFrame(bytes);
      const isText = type === frameType.terminalOutput;
      this.heard.push(isText ? payload.toString() : JSON.stringify(decodeEnvelope(payload).value));
    });
  }
}

let toSupervisor: PassThrough;
let fromSupervisor: PassThrough;
let port: SupervisorPort;
let told: Buffer;

beforeEach(async () => {
  toSupervisor = new PassThrough();
  fromSupervisor = new PassThrough();
  told = Buffer.alloc(0);
  toSupervisor.on('data', (chunk: Buffer) => {
    told = Buffer.concat([told, chunk]);
  });
  port = new SupervisorPort({ input: toSupervisor, output: fromSupervisor }, (exit) =>
    exit.reason === 'exited' ? { reason: 'out_of_memory', memoryBytesMax: 1, residentBytes: 1 } : exit,
  );
  fromSupervisor.write(framed(frameType.hello, 1, encodeEnvelope(helloBody)));
  await port.booted(AbortSignal.timeout(5_000));
});

const attach = async () => {
  const controller = await Controller.connect();
  port.attach(controller.wire);
  return controller;
};

const saidToSupervisor = () => {
  const frames: [number, number][] = [];
  new FrameSplitter().push(told, (bytes) => {
    const { type, seq } = readFrame(bytes);
    frames.push([type, seq]);
  });
  return frames;
};

describe('a sandbox’s port', () => {
  it('says again to the next controller what the last one had not acknowledged, and what came meanwhile', async () => {
    const first = await attach();
    for (const [index, text] of ['a', 'b', 'c'].entries()) fromSupervisor.write(output(index + 2, text));
    await expect.poll(() => first.heard).toEqual(['a', 'b', 'c']);
    first.acknowledge(2);
    await expect.poll(() => port.heldBytes).toBe(2 * output(3, 'b').length);
    first.wire.destroy();
    await expect.poll(() => port.isAttached).toBe(false);
    fromSupervisor.write(output(5, 'd'));

    const second = await attach();
    await expect.poll(() => second.heard).toEqual(['b', 'c', 'd']);
    expect(second.greeting).toMatchObject({ attachment: 2, hello: { build: 'test' } });
  });

  it('reads nothing more while nobody is there, so that the sandbox itself holds back', async () => {
    fromSupervisor.write(output(2, 'x'.repeat(1_000)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(port.heldBytes).toBe(0);
    expect(fromSupervisor.isPaused()).toBe(true);
  });

  it('stops reading above its bound while a controller acknowledges nothing', async () => {
    const controller = await attach();
    const megabyte = 'x'.repeat(1024 ** 2);
    const count = limits.host.heldBytesMax / 1024 ** 2 + 4;
    for (let seq = 2; seq < 2 + count; seq++) fromSupervisor.write(output(seq, megabyte));
    await expect.poll(() => fromSupervisor.isPaused()).toBe(true);
    expect(port.heldBytes).toBeLessThan(limits.host.heldBytesMax + 2 * 1024 ** 2);
    controller.acknowledge(100);
    await expect.poll(() => controller.heard.length).toBe(count);
  });

  it('gives the supervisor whole frames only, numbered on through every controller', async () => {
    const first = await attach();
    const input = framed(frameType.terminalInput, 1, Buffer.from('ls\n'), 7);
    first.send(input);
    first.send(input.subarray(0, input.length - 1));
    await expect.poll(() => told.length).toBe(input.length);
    first.wire.destroy();
    const second = await attach();
    second.send(framed(frameType.terminalInput, 1, Buffer.from('pwd\n'), 7));
    await expect.poll(() => told.length).toBe(2 * input.length + 1);
    const frames: [number, string][] = [];
    new FrameSplitter().push(told, (bytes) => {
      const { seq, payload } = readFrame(bytes);
      frames.push([seq, payload.toString()]);
    });
    expect(frames).toEqual([
      [1, 'ls\n'],
      [2, 'pwd\n'],
    ]);
  });

  it('wakes a supervisor that somebody made quiet and left so, before the next controller is greeted', async () => {
    const first = await attach();
    first.send(framed(frameType.quiesce, 1, Buffer.alloc(0), 5));
    fromSupervisor.write(framed(frameType.quiesced, 2, encodeEnvelope({}), 5));
    await expect.poll(() => first.heard).toEqual(['{}']);
    first.acknowledge(2);
    await expect.poll(() => port.heldBytes).toBe(0);
    first.wire.destroy();
    await expect.poll(() => port.isAttached).toBe(false);
    const second = await attach();
    await expect.poll(() => second.greeting?.attachment).toBe(2);
    expect(saidToSupervisor()).toEqual([
      [frameType.quiesce, 1],
      [frameType.resume, 2],
    ]);
    port.cut();
    const third = await attach();
    fromSupervisor.write(framed(frameType.hello, 3, encodeEnvelope(helloBody)));
    fromSupervisor.write(output(4, 'on'));
    await expect.poll(() => third.heard).toEqual(['on']);
    expect(saidToSupervisor()).toHaveLength(2);
  });

  it('goes on after a restore where it stood: numbers, notes and what nobody had acknowledged', async () => {
    const first = await attach();
    first.note('kernel/9', newKernelId(systemRandom));
    first.send(framed(frameType.terminalInput, 1, Buffer.from('ls'), 7));
    fromSupervisor.write(output(2, 'unheard'));
    await expect.poll(() => first.heard).toEqual(['unheard']);
    await expect.poll(() => saidToSupervisor()).toHaveLength(1);
    const keepsake = port.keepsake();

    const [input, back] = [new PassThrough(), new PassThrough()];
    let heard = Buffer.alloc(0);
    input.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
    });
    const restored = { settings: {}, environment: { A: 'b' }, entropy: Buffer.alloc(64, 7) };
    const waking = { keepsake: { ...keepsake, hello: { ...helloBody, protoMax: 2 } }, restored };
    const next = new SupervisorPort({ input, output: back }, (exit) => exit, waking);
    back.write(framed(frameType.hello, 3, encodeEnvelope({ ...helloBody, lastSeq: 2 })));
    expect(await next.booted(AbortSignal.timeout(5_000))).toMatchObject({ lastSeq: 2 });
    const { type, seq, payload } = readFrame(heard);
    expect([type, seq]).toEqual([frameType.restored, 2]);
    expect(decodeEnvelope(payload)).toEqual({
      value: { settings: {}, environment: { A: 'b' } },
      binary: restored.entropy,
    });
    const controller = await Controller.connect();
    next.attach(controller.wire);
    await expect.poll(() => controller.heard).toEqual(['unheard']);
    expect(controller.greeting).toMatchObject({ attachment: 2, notes: [['kernel/9', expect.any(String)]] });
  });

  it('wakes a supervisor from before restores were told with what that one knows', () => {
    const input = new PassThrough();
    const keepsake = {
      hello: helloBody,
      sentSeq: 4,
      heardSeq: 9,
      attachments: 1,
      notes: [],
      held: Buffer.alloc(0),
    };
    const restored = { settings: {}, environment: {}, entropy: Buffer.alloc(64) };
    new SupervisorPort({ input, output: new PassThrough() }, (exit) => exit, { keepsake, restored });
    expect(readFrame(input.read())).toMatchObject({ type: frameType.resume, seq: 5 });
  });

  it('replaces the controller that was there, and ends one that sends what only others may', async () => {
    const first = await attach();
    const second = await attach();
    await expect.poll(() => first.wire.destroyed).toBe(true);
    second.send(framed(frameType.exited, 1, encodeEnvelope({ reason: 'stopped' })));
    await expect.poll(() => second.wire.destroyed).toBe(true);
    expect(told).toHaveLength(0);
    expect(port.isAttached).toBe(false);
  });

  it('keeps a controller’s notes for the next one, the newest of each key, and forgets what was taken back', async () => {
    const first = await attach();
    first.note('kernel/65536', 'one');
    first.note('request/1', { cell: 'a' });
    first.note('kernel/65536', 'two');
    first.note('request/1', null);
    first.send(framed(frameType.terminalInput, 2, Buffer.from('x')));
    await expect.poll(() => told.length).toBeGreaterThan(0);
    const second = await attach();
    await expect.poll(() => second.greeting?.notes).toEqual([['kernel/65536', 'two']]);
  });

  it('says why the sandbox ended as its last word', async () => {
    const controller = await attach();
    port.finish({ reason: 'out_of_memory', memoryBytesMax: 5 });
    await expect.poll(() => controller.heard).toEqual(['{"reason":"out_of_memory","memoryBytesMax":5}']);
  });

  it('adds what the host knows of a kernel’s end', async () => {
    const controller = await attach();
    const exit = { reason: 'exited', exitCode: null, signal: 9 };
    const report = { kernelId: newKernelId(systemRandom), state: 'dead', exit };
    fromSupervisor.write(framed(frameType.kernelState, 2, encodeEnvelope(report), 3));
    await expect.poll(() => controller.heard.join()).toContain('"reason":"out_of_memory"');
  });

  it.each([
    ['a step back in the numbers', output(1, 'again')],
    ['a number that has no successor', numbered(output(2, 'last'), 0xffff_ffff_ffff_ffffn)],
    ['what only a host may say', framed(frameType.exited, 2, encodeEnvelope({ reason: 'stopped' }))],
    ['a kernel’s state that is none', framed(frameType.kernelState, 2, encodeEnvelope({ state: 'fine' }))],
  ])('is closed by a sandbox that sends %s', async (_what, bytes) => {
    let isClosed = false;
    port.onClosed(() => {
      isClosed = true;
    });
    await attach();
    fromSupervisor.write(bytes);
    await expect.poll(() => isClosed).toBe(true);
    // The daemon, which has other sandboxes too, goes on to say how this one ended.
    expect(() => port.finish({ reason: 'stopped' })).not.toThrow();
  });
});
