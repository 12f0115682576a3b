/** One browser's socket while its cell cannot be reached, goes, does not read or says too much, and while it does not read itself. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  endWord,
  goWord,
  parkedCode,
  parkWord,
  pauseWord,
  resumeWord,
  runWord,
} from '@cellbook/shared/protocol/parking-api.ts';
import { expect, test } from 'vitest';
import type { Frame } from './frame.ts';
import { type AttachOutcome, Line, type Standing, type Upstream } from './line.ts';
import type { End } from './outbox.ts';

/** Its peer reads while `isRead`, and all of it at once. */
class FakeEnd implements End {
  readonly sent: Frame[] = [];
  isRead = true;
  bufferedAmount = 0;
  closedWith: number | null = null;
  send(frame: Frame): void {
    this.sent.push(frame);
    if (!this.isRead) this.bufferedAmount += typeof frame === 'string' ? frame.length : frame.byteLength;
  }
  close(code: number): void {
    this.closedWith ??= code;
  }
  read(): void {
    this.isRead = true;
    this.bufferedAmount = 0;
  }
}

class FakeUpstream extends FakeEnd implements Upstream {
  readonly #listeners = new Map<string, (event: never) => void>();
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }
  say(data: string | ArrayBuffer): void {
    this.#listeners.get('message')?.({ data } as never);
  }
  breaks(event: 'close' | 'error', code = 1006): void {
    this.#listeners.get(event)?.({ code, reason: '' } as never);
  }
}

const run = '6f9619ff-8b86-4d11-b42d-00c04fc964ff';

const socket = '0b9b1c1e-5d0f-4c2b-9a55-8f6f1d0f3c11';

function lineTo(
  outcome: () => AttachOutcome | Promise<AttachOutcome> = () => ({ kind: 'refused' }),
  from: Standing = { seq: 1, attached: 1, parkedIn: run, sent: 0 },
) {
  const clock = new ManualClock();
  const browser = new FakeEnd();
  let held = 0;
  let kept = from;
  /** What happens, in its order. */
  const record: string[] = [];
  const line = new Line(
    {
      clock,
      browser,
      async attach(seq) {
        record.push(`attach ${seq}`);
        return outcome();
      },
      keep(standing) {
        kept = standing;
        record.push(`keep ${standing.seq} ${standing.parkedIn === null ? 'attached' : 'parked'}`);
      },
      failed: (error) => record.push(String(error)),
      holds: (_line, bytes) => {
        held = bytes;
      },
    },
    from,
  );
  return { clock, browser, record, line, held: () => held, kept: () => kept };
}

function attachedLine() {
  const upstream = new FakeUpstream();
  const { line, ...rest } = lineTo();
  line.use(upstream);
  upstream.say(runWord + run);
  return { line, upstream, ...rest };
}

test('what is said while the cell cannot be reached is delivered when it can, in order', async () => {
  const upstream = new FakeUpstream();
  let isThere = false;
  const { clock, record, line, browser } = lineTo(() =>
    isThere ? { kind: 'attached', upstream } : { kind: 'wait' },
  );
  line.fromBrowser('one');
  await clock.advance(10_000);
  line.fromBrowser('two');
  isThere = true;
  await clock.advance(limits.parking.attachRetryMsMax);
  expect(upstream.sent).toEqual([`${goWord}0`, 'one', 'two']);
  const tried = record.filter((entry) => entry.startsWith('attach'));
  expect(tried).toEqual(tried.map((_, at) => `attach ${at + 2}`));
  expect(browser.closedWith).toBeNull();
});

test('one that comes back after hours is not taken for one that does not read, before the runtime has said a word', async () => {
  const upstream = new FakeUpstream();
  upstream.isRead = false;
  const { clock, line, browser } = lineTo(() => ({ kind: 'attached', upstream }));
  await clock.advance(100 * limits.parking.stalledMsMax);
  line.fromBrowser('one');
  await clock.advance(limits.parking.watchMs);
  upstream.read();
  await clock.advance(2 * limits.parking.stalledMsMax);
  expect([upstream.sent, browser.closedWith]).toEqual([[`${goWord}0`, 'one'], null]);
});

test('one whose object has slept meanwhile goes on counting where it was', async () => {
  const { line, upstream, kept } = attachedLine();
  for (const frame of ['one', 'two']) line.fromBrowser(frame);
  upstream.say(parkWord + run);
  const next = new FakeUpstream();
  const awake = lineTo(() => ({ kind: 'attached', upstream: next }), kept());
  awake.line.fromBrowser('three');
  await awake.clock.advance(0);
  expect(next.sent).toEqual([`${goWord}2`, 'three']);
  expect(awake.kept()).toMatchObject({ seq: 2, parkedIn: null });
});

/** Its object is ended while an attachment is asked for, as the cell wanted; nobody has heard of how that went. */
async function lineCutShort(outcome?: () => AttachOutcome) {
  const { promise } = Promise.withResolvers<AttachOutcome>();
  const { line, kept } = lineTo(() => promise);
  void line.obey({ want: 'attach', socket, seq: 1 });
  expect(kept()).toMatchObject({ seq: 2, attached: 1, parkedIn: run });
  return lineTo(outcome, kept());
}

test.each([1, 2])(
  'one whose object was ended in the middle of its second attachment is woken by the cell that knows of %i, by a third',
  async (seq) => {
    const upstream = new FakeUpstream();
    const { line, record } = await lineCutShort(() => ({ kind: 'attached', upstream }));
    await line.obey({ want: 'attach', socket, seq });
    expect(record).toContain('attach 3');
    expect(upstream.sent).toEqual([`${goWord}0`]);
  },
);

test.each([1, 2])('and is ended by the cell that knows of %i', async (seq) => {
  const { line, browser } = await lineCutShort();
  await line.obey({ want: 'end', socket, seq, code: 4004, reason: 'its kernel has gone' });
  expect(browser.closedWith).toBe(4004);
});

test('what was said of a parking before its last attachment is for nobody any more', async () => {
  const upstream = new FakeUpstream();
  const { line, browser, record } = lineTo(() => ({ kind: 'attached', upstream }));
  await line.wake();
  const end = { want: 'end', socket, seq: 1, code: 4004, reason: 'its kernel has gone' } as const;
  for (const order of [{ want: 'attach', socket, seq: 1 } as const, end]) await line.obey(order);
  upstream.say(parkWord + run);
  await line.obey(end);
  expect(browser.closedWith).toBeNull();
  await line.obey({ want: 'ask', socket, seq: 2 });
  expect(record.filter((entry) => entry.startsWith('attach'))).toEqual(['attach 2']);
  await line.obey({ ...end, seq: 2 });
  expect(browser.closedWith).toBe(4004);
});

test('one that its cell takes for parked, and is attached here, is sent back', async () => {
  const { line, browser } = attachedLine();
  await line.obey({ want: 'ask', socket, seq: 1 });
  expect(browser.closedWith).toBe(1012);
});

test('a cell that stays away sends the browser back, never for good', async () => {
  const { clock, browser, line } = lineTo(() => ({ kind: 'wait' }));
  line.fromBrowser('one');
  await clock.advance(limits.parking.attachMsMax + limits.parking.attachRetryMsMax);
  expect(browser.closedWith).toBe(1012);
});

test.each([
  ['asking for an attachment', () => Promise.reject(new Error('the test says so'))],
  [
    'beginning one',
    () => ({
      kind: 'attached' as const,
      upstream: Object.assign(new FakeUpstream(), {
        send() {
          throw new Error('the test says so');
        },
      }),
    }),
  ],
])(
  'where %s throws the browser is sent back, and does not wait for its own next word',
  async (_what, outcome) => {
    const { clock, browser, line, record } = lineTo(outcome);
    line.fromBrowser('one');
    await clock.advance(0);
    expect([browser.closedWith, line.isOver, line.isAttaching]).toEqual([1012, true, false]);
    expect(record.at(-1)).toBe('Error: the test says so');
  },
);

test('a kernel that does not read holds back its browser alone, and more than is kept sends that back', () => {
  const { upstream, browser, line, held } = attachedLine();
  upstream.say(pauseWord);
  line.fromBrowser('later');
  expect(upstream.sent).toEqual([]);
  upstream.say(resumeWord);
  expect(upstream.sent).toEqual(['later']);
  expect(browser.sent).toEqual([]);
  upstream.say(pauseWord);
  line.fromBrowser(new ArrayBuffer(limits.parking.heldMessageBytesMax));
  expect(browser.closedWith).toBeNull();
  line.fromBrowser('a byte more');
  expect([browser.closedWith, upstream.closedWith, held()]).toEqual([1012, 1012, 0]);
});

test('a browser that does not read: its cell is told to wait, and it is given the rest in its order when it does', async () => {
  const { upstream, browser, clock, held } = attachedLine();
  browser.isRead = false;
  const frames = Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat(32 * 1024)}`);
  for (const frame of frames) upstream.say(frame);
  expect(upstream.sent).toEqual([pauseWord]);
  // The runtime is given no more than a window and the frame that filled it.
  expect(browser.bufferedAmount).toBeLessThan(limits.parking.windowBytes + 33 * 1024);
  expect(held()).toBeGreaterThan(limits.parking.slowBytes);
  browser.read();
  await clock.advance(limits.parking.watchMs);
  expect(browser.sent).toEqual(frames);
  expect(upstream.sent).toEqual([pauseWord, resumeWord]);
  expect(held()).toBe(0);
});

test('a cell that goes on all the same: more than is kept for a browser sends that back', () => {
  const { upstream, browser, held } = attachedLine();
  browser.isRead = false;
  const frame = new ArrayBuffer(limits.parking.waitingBytesMax / 4);
  for (let count = 0; count < 4; count += 1) upstream.say(frame);
  expect(browser.closedWith).toBeNull();
  upstream.say(frame);
  expect([browser.closedWith, upstream.closedWith]).toEqual([1012, 1012]);
  // What the runtime has cannot be given up: it counts until the socket has gone.
  expect(held()).toBe(browser.bufferedAmount);
});

test('what is kept of a text counts as the bytes it leaves as, not as its units', () => {
  const { upstream, browser, line, held } = attachedLine();
  upstream.say(pauseWord);
  line.fromBrowser('漢'.repeat(limits.parking.heldMessageBytesMax / 3));
  expect([held(), browser.closedWith]).toEqual([limits.parking.heldMessageBytesMax - 2, null]);
  line.fromBrowser('漢');
  expect(browser.closedWith).toBe(1012);
});

test('a browser, or a cell, that takes nothing for a minute has gone', async () => {
  for (const end of ['browser', 'upstream'] as const) {
    const ends = attachedLine();
    ends[end].isRead = false;
    if (end === 'browser') ends.upstream.say('lost on it');
    else ends.line.fromBrowser('lost on it');
    await ends.clock.advance(limits.parking.stalledMsMax - 1_000);
    expect(ends.browser.closedWith).toBeNull();
    await ends.clock.advance(3_000);
    expect([ends.browser.closedWith, ends.upstream.closedWith]).toEqual([1012, 1012]);
  }
});

test('an end that the cell says comes after what it said before, also to a browser that is slow', async () => {
  const { upstream, browser, clock } = attachedLine();
  browser.isRead = false;
  const last = 'x'.repeat(limits.parking.windowBytes);
  for (const frame of [last, 'last words', `${endWord}1000 it was deleted`]) upstream.say(frame);
  expect(browser.closedWith).toBeNull();
  browser.read();
  await clock.advance(limits.parking.watchMs);
  expect([browser.sent, browser.closedWith]).toEqual([[last, 'last words'], 1000]);
});

test.each(['close', 'error'] as const)(
  'an attachment that breaks without its word (%s) sends the browser back, in a turn of its own',
  async (event) => {
    const { upstream, browser, clock, line } = attachedLine();
    upstream.breaks(event);
    expect([browser.closedWith, line.isParked]).toEqual([null, false]);
    await clock.advance(limits.parking.partingMs);
    expect(browser.closedWith).toBe(1012);
  },
);

test('what the browser has said is on record as unheard before it is attached again', async () => {
  const { record, line, clock } = lineTo(() => ({ kind: 'wait' }));
  line.fromBrowser('unheard');
  await clock.advance(0);
  expect(record.slice(0, 3)).toEqual(['keep 1 attached', 'keep 2 attached', 'attach 2']);
});

test('what the cell alone wants of it leaves it parked until it is attached: nothing would be lost', async () => {
  const { record, line, clock } = lineTo(() => ({ kind: 'wait' }));
  void line.wake();
  await clock.advance(0);
  expect(record.slice(0, 2)).toEqual(['keep 2 parked', 'attach 2']);
});

test('a park is answered, and the next attachment says how much the browser had said before', async () => {
  const next = new FakeUpstream();
  const first = new FakeUpstream();
  const { line, clock, record } = lineTo(() => ({ kind: 'attached', upstream: next }));
  line.use(first);
  for (const frame of ['one', 'two']) line.fromBrowser(frame);
  first.say(parkWord + run);
  expect([line.isParked, record.at(-1)]).toEqual([true, 'keep 1 parked']);
  await clock.advance(limits.parking.partingMs);
  expect(first.closedWith).toBe(parkedCode);
  line.fromBrowser('three');
  await clock.advance(0);
  expect(next.sent).toEqual([`${goWord}2`, 'three']);
});

test('a browser that leaves is told to the cell after all that it has said', async () => {
  const upstream = new FakeUpstream();
  upstream.isRead = false;
  const { line, clock } = lineTo(() => ({ kind: 'attached', upstream }));
  const last = new ArrayBuffer(limits.parking.windowBytes);
  for (const frame of [last, 'last words']) line.fromBrowser(frame);
  await line.browserLeft(1001);
  expect([upstream.sent, upstream.closedWith]).toEqual([[`${goWord}0`, last], null]);
  upstream.read();
  await clock.advance(limits.parking.watchMs);
  expect([upstream.sent.at(-1), upstream.closedWith]).toEqual(['last words', 1001]);
});

test('a browser that speaks like an object of the edge is sent away, unheard', () => {
  const { line, upstream, browser } = attachedLine();
  line.fromBrowser(pauseWord);
  expect([upstream.sent, browser.closedWith]).toEqual([[], 1008]);
});
