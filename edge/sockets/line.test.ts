/** One browser's socket while its cell cannot be reached, does not read, or is told too much. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { goWord, pauseWord, resumeWord } from '@cellbook/shared/protocol/parking-api.ts';
import { expect, test } from 'vitest';
import { type AttachOutcome, type Frame, Line, type Upstream } from './line.ts';

class FakeUpstream implements Upstream {
  readonly sent: Frame[] = [];
  closedWith: number | null = null;
  #heard: (event: { data: unknown }) => void = () => undefined;
  send(frame: Frame): void {
    this.sent.push(frame);
  }
  close(code: number): void {
    this.closedWith = code;
  }
  say(data: string): void {
    this.#heard({ data });
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === 'message') this.#heard = listener as (event: { data: unknown }) => void;
  }
}

function lineTo(outcome: () => AttachOutcome) {
  const clock = new ManualClock();
  const browser = { sent: [] as Frame[], closedWith: null as number | null };
  const tried: number[] = [];
  const line = new Line(
    {
      clock,
      browser: {
        send: (frame) => void browser.sent.push(frame),
        close: (code) => {
          browser.closedWith = code;
        },
      },
      async attach(seq) {
        tried.push(seq);
        return outcome();
      },
      keep: () => undefined,
    },
    1,
  );
  return { clock, browser, tried, line };
}

test('what is said while the cell cannot be reached is delivered when it can, in order', async () => {
  const upstream = new FakeUpstream();
  let isThere = false;
  const { clock, tried, line, browser } = lineTo(() =>
    isThere ? { kind: 'attached', upstream } : { kind: 'wait' },
  );
  line.fromBrowser('one');
  await clock.advance(10_000);
  line.fromBrowser('two');
  isThere = true;
  await clock.advance(limits.parking.attachRetryMsMax);
  expect(upstream.sent).toEqual([goWord, 'one', 'two']);
  expect(tried).toEqual(tried.map((_, at) => at + 2));
  expect(browser.closedWith).toBeNull();
});

test('a cell that stays away sends the browser back, never for good', async () => {
  const { clock, browser, line } = lineTo(() => ({ kind: 'wait' }));
  line.fromBrowser('one');
  await clock.advance(limits.parking.attachMsMax + limits.parking.attachRetryMsMax);
  expect(browser.closedWith).toBe(1012);
});

test('a kernel that does not read holds back its browser alone, and more than is kept sends that back', async () => {
  const upstream = new FakeUpstream();
  const { browser, line } = lineTo(() => ({ kind: 'refused' }));
  line.use(upstream);
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
  expect([browser.closedWith, upstream.closedWith]).toEqual([1012, 1012]);
});
