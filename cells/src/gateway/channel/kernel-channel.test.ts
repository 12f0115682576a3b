import { limits } from '@cellbook/shared/limits.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelFixture, frameOf } from '../testing/messages.ts';
import { OutputLog } from './output-log.ts';
import { continueFrom, cursorAfterClose, neededFrom } from './replay.ts';
import { RequestRoutes } from './request-routes.ts';

describe('output', () => {
  test('goes to every client, a reply only to the one that asked', () => {
    const { channel, connect, stream } = channelFixture();
    const one = connect('one');
    const two = connect('two');
    channel.routes.note('ask', {
      sessionId: 'one',
      channel: 'shell',
      msgType: 'execute_request',
      headerBytes: Buffer.from('{}'),
    });
    stream('a');
    channel.fromKernel(frameOf({ msgType: 'execute_reply', parent: { msgId: 'ask', session: 'nobody' } }));
    expect(one.wire.heard.map(({ msgType }) => msgType)).toEqual(['stream', 'execute_reply']);
    expect(two.wire.heard.map(({ msgType }) => msgType)).toEqual(['stream']);
    expect(channel.routes.size).toBe(0);
  });

  test('of a request nobody here made is given to nobody', () => {
    const { channel, connect } = channelFixture();
    const one = connect('one');
    channel.fromKernel(frameOf({ msgType: 'execute_reply', parent: { msgId: 'x', session: 'elsewhere' } }));
    expect(one.wire.sent).toEqual([]);
  });
});

describe('a client that comes back under its session id', () => {
  test('is given what it missed, in order and once', () => {
    const { channel, connect, stream } = channelFixture();
    const first = connect('tab');
    stream('a');
    channel.detach(first.socket);
    stream('b');
    stream('c');
    const second = connect('tab');
    stream('d');
    expect(first.wire.texts).toEqual(['a']);
    expect(second.wire.texts).toEqual(['b', 'c', 'd']);
  });

  test('is given again what its old socket never wrote out', () => {
    const { channel, connect, stream } = channelFixture();
    const first = connect('tab');
    stream('a');
    first.wire.isStuck = true;
    stream('b');
    stream('c');
    channel.detach(first.socket);
    expect(connect('tab').wire.texts).toEqual(['b', 'c']);
  });

  test('replaces a stale socket of the same name, which is told to come back', () => {
    const { channel, connect, stream } = channelFixture();
    const stale = connect('tab');
    const fresh = connect('tab');
    stream('a');
    expect(stale.wire.closes.map(({ code }) => code)).toEqual([1012]);
    expect(stale.wire.texts).toEqual([]);
    expect(fresh.wire.texts).toEqual(['a']);
    expect(channel.connections).toBe(1);
    channel.detach(stale.socket);
    expect(channel.connections).toBe(1);
  });

  test('hears of a gap when the log could not hold everything', () => {
    const { channel, connect, stream, budget, clock } = channelFixture();
    const first = connect('tab');
    channel.detach(first.socket);
    Object.assign(budget, { bytesMax: 0 });
    for (let index = 0; index < 400; index++) {
      stream(String(index).padStart(400, '0'));
      clock.advance(10);
    }
    const texts = connect('tab').wire.texts;
    expect(texts[0]).toMatch(/up to \d+ messages from the kernel were lost/);
    expect(texts.at(-1)).toMatch(/0399$/);
  });

  test('a new client is given nothing of the past', () => {
    const { channel, connect, stream } = channelFixture();
    const away = connect('away');
    channel.detach(away.socket);
    stream('a');
    expect(connect('new').wire.texts).toEqual([]);
  });

  test('any interleaving of output, reconnects and slow sockets gives every message once and in order', () => {
    const step = fc.constantFrom('output', 'output', 'output', 'drop', 'stick', 'release');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { channel, connect, stream } = channelFixture();
        const got: string[] = [];
        let said = 0;
        let client = connect('tab');
        const reconnect = () => {
          // What a stuck socket never wrote out did not reach the client.
          const unsent = client.socket.unsent.length;
          got.push(...client.wire.texts.slice(0, client.wire.texts.length - unsent));
          channel.detach(client.socket);
          client = connect('tab');
        };
        for (const action of steps) {
          if (action === 'output') stream(`${said++}`);
          else if (action === 'drop') reconnect();
          else if (action === 'stick') client.wire.isStuck = true;
          else client.wire.release();
        }
        client.wire.release();
        reconnect();
        got.push(...client.wire.texts);
        expect(got).toEqual(Array.from({ length: said }, (_, index) => `${index}`));
      }),
    );
  });
});

describe('limits', () => {
  test('a slow socket stops growing and is served from the log when it has caught up', () => {
    const { connect, stream, clock } = channelFixture();
    const slow = connect('slow');
    slow.wire.isStuck = true;
    const chunk = 'x'.repeat(100_000);
    for (let index = 0; index < 100; index++) {
      stream(`${index}${chunk}`);
      clock.advance(200);
    }
    expect(slow.wire.bufferedAmount).toBeLessThan(limits.gateway.socketBufferBytesMax + 200_000);
    slow.wire.release();
    expect(slow.wire.texts.map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: 100 }, (_, n) => n),
    );
  });

  test('an endless loop of prints is cut with a counted notice, and its end still arrives', () => {
    const { channel, connect, stream } = channelFixture();
    const { wire } = connect('tab');
    for (let index = 0; index < 20_000; index++) stream('x\n');
    const status = (state: string) =>
      frameOf({
        channel: 'iopub',
        msgType: 'status',
        content: { execution_state: state },
        parent: { msgId: 'cell-1' },
      });
    channel.fromKernel(status('idle'));
    const texts = wire.texts;
    expect(texts.filter((text) => text === 'x\n')).toHaveLength(3_000);
    expect(texts.filter((text) => text.includes('comes faster'))).toHaveLength(1);
    expect(texts.at(-1)).toContain('17000 output messages');
    expect(wire.heard.at(-1)).toMatchObject({ msgType: 'status', content: { execution_state: 'idle' } });
    stream('y');
    expect(wire.texts.at(-1)).toBe('y');
  });

  test('results, errors and statuses pass however fast they come', () => {
    const { channel, connect } = channelFixture();
    const { wire } = connect('tab');
    for (let index = 0; index < 5_000; index++)
      channel.fromKernel(frameOf({ channel: 'iopub', msgType: 'error' }));
    expect(wire.sent).toHaveLength(5_000);
  });

  test('a log that everyone has read gives its memory back', () => {
    const { connect, stream, budget, channel } = channelFixture();
    connect('tab');
    for (let index = 0; index < 64; index++) stream('x');
    expect(budget.usedBytes).toBe(0);
    channel.dispose();
  });

  test('clients that never come back are forgotten beyond the limit', () => {
    const { channel, connect, stream, budget } = channelFixture();
    for (let index = 0; index < limits.gateway.clientSessionsMax * 2; index++)
      channel.detach(connect(`tab-${index}`).socket);
    stream('a');
    expect(connect('tab-0').wire.texts).toEqual([]);
    expect(connect(`tab-${limits.gateway.clientSessionsMax * 2 - 1}`).wire.texts).toEqual(['a']);
    channel.dispose();
    expect(budget.usedBytes).toBe(0);
  });

  test('requests in flight are bounded, oldest first out', () => {
    const routes = new RequestRoutes(2);
    const request = { channel: 'shell', msgType: 'x', headerBytes: Buffer.alloc(0) } as const;
    for (const id of ['a', 'b', 'c']) routes.note(id, { ...request, sessionId: id });
    expect(routes.takeAll().map(({ sessionId }) => sessionId)).toEqual(['b', 'c']);
    expect(routes.size).toBe(0);
  });
});

describe('the log', () => {
  test('holds what fits, by count and bytes, and numbers it without gaps', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 300 }), fc.nat(200), (sizes, trim) => {
        const budget = { usedBytes: 0, bytesMax: 1 << 30 };
        const log = new OutputLog(budget, { messagesMax: 50, bytesMax: 500, bytesFloor: 10 });
        sizes.forEach((size, index) => {
          log.append({
            frame: { bytes: Buffer.alloc(size, index), channel: 'iopub', parts: [] },
            target: null,
          });
          if (index % 7 === 0) log.trimBefore(trim);
        });
        expect(log.endSeq).toBe(sizes.length);
        let bytes = 0;
        for (let seq = log.startSeq; seq < log.endSeq; seq++) {
          expect(log.at(seq)!.frame.bytes.length).toBe(sizes[seq]);
          bytes += sizes[seq]!;
        }
        expect(log.bytes).toBe(bytes);
        expect(budget.usedBytes).toBe(bytes);
        expect(log.endSeq - log.startSeq).toBeLessThanOrEqual(50);
        expect(bytes).toBeLessThanOrEqual(500);
        expect(log.at(log.endSeq)).toBeUndefined();
      }),
    );
  });

  test('is continued from the cursor, counting what is gone', () => {
    expect(continueFrom(5, { startSeq: 2, endSeq: 9 })).toEqual({ fromSeq: 5, missed: 0 });
    expect(continueFrom(1, { startSeq: 4, endSeq: 9 })).toEqual({ fromSeq: 4, missed: 3 });
    expect(continueFrom(9, { startSeq: 9, endSeq: 9 })).toEqual({ fromSeq: 9, missed: 0 });
    expect(cursorAfterClose(9, [])).toBe(9);
    expect(cursorAfterClose(9, [7, 8])).toBe(7);
    expect(neededFrom([8, 3], 9)).toBe(3);
    expect(neededFrom([], 9)).toBe(9);
  });
});
