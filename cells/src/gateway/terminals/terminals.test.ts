import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeSandbox } from '../testing/fake-sandbox.ts';
import { Scrollback } from './scrollback.ts';
import { Terminal } from './terminal.ts';
import { readTerminalMessage } from './terminal-message.ts';
import { TerminalSocket } from './terminal-socket.ts';

test('the scrollback keeps the end, at most what is allowed and a chunk, and knows every offset', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 30 }), { maxLength: 600 }), (chunks) => {
      const scrollback = new Scrollback(100);
      for (const chunk of chunks) scrollback.append(chunk);
      const all = chunks.join('');
      const kept = scrollback.from(0);
      expect(scrollback.endOffset).toBe(all.length);
      expect(all.endsWith(kept)).toBe(true);
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(100, all.length));
      const middle = scrollback.endOffset - Math.floor(kept.length / 2);
      expect(scrollback.from(middle)).toBe(all.slice(middle));
      expect(scrollback.from(scrollback.endOffset)).toBe('');
    }),
  );
});

test('any bytes are read as a message or as nothing, never a crash', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(['stdin', 'size', 'unknown']).toContain(readTerminalMessage(Buffer.from(text)).kind);
    }),
  );
});

test.each([
  ['["stdin", "ls\\r"]', { kind: 'stdin', data: 'ls\r' }],
  ['["set_size", 24, 80, 640, 480]', { kind: 'size', rows: 24, columns: 80 }],
  ['["set_size", 0, 80]', { kind: 'unknown' }],
  ['["set_size", 24, 1e9]', { kind: 'unknown' }],
  ['["stdin"]', { kind: 'unknown' }],
  ['["stdin", 5]', { kind: 'unknown' }],
  ['{}', { kind: 'unknown' }],
])('%s is %j', (text, message) => {
  expect(readTerminalMessage(Buffer.from(text))).toEqual(message);
});

test('a slow client is sent the rest when it has caught up, and nothing piles up meanwhile', () => {
  const scrollback = new Scrollback(10_000_000);
  const waiting: Array<() => void> = [];
  let bufferedAmount = 0;
  const got: string[] = [];
  const wire = {
    get bufferedAmount() {
      return bufferedAmount;
    },
    send(data: string, done: () => void) {
      const [kind, text] = JSON.parse(data);
      if (kind === 'stdout') got.push(text);
      bufferedAmount += data.length;
      waiting.push(() => {
        bufferedAmount -= data.length;
        done();
      });
    },
    close() {},
  };
  const socket = new TerminalSocket(wire, scrollback);
  for (let index = 0; index < 100; index++) {
    scrollback.append(`${index}`.padEnd(50_000, '.'));
    socket.catchUp();
  }
  expect(bufferedAmount).toBeLessThan(1_200_000);
  while (waiting.length > 0) waiting.shift()?.();
  expect(got.join('')).toBe(scrollback.from(0));
});

function terminalIn(sandbox: FakeSandbox) {
  const live = { sandbox, link: sandbox.link, lost: new Promise<void>(() => {}) };
  const host = { clock: systemClock, ensureLive: async () => live, isCurrent: () => true, touch: () => {} };
  return new Terminal('1', '', host);
}

const fakeSandbox = () => new FakeSandbox(newSandboxId(systemRandom), newWorkspaceId(systemRandom), 1);

test('a terminal closed while its shell is being opened leaves no shell', async () => {
  const sandbox = fakeSandbox();
  const closed: string[] = [];
  sandbox.link.closeTerminal = async (name: string) => void closed.push(name);
  const terminal = terminalIn(sandbox);
  const opening = terminal.open();
  await Promise.all([terminal.shutdown(), opening]);
  expect(sandbox.link.opened).toEqual(['1']);
  expect(closed).toEqual(['1']);
  await expect(terminal.open()).rejects.toMatchObject({ code: 'not_found' });
});

test('a terminal whose sandbox is on its way out is closed all the same, with its sockets', async () => {
  const sandbox = fakeSandbox();
  sandbox.link.closeTerminal = () => Promise.reject(new Error('the link was closed'));
  const terminal = terminalIn(sandbox);
  await terminal.open();
  const codes: number[] = [];
  terminal.attach({ bufferedAmount: 0, send: () => {}, close: (code) => void codes.push(code) });
  await terminal.shutdown();
  expect(codes).toEqual([1000]);
});
