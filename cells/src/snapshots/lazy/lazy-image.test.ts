import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import type { ChunkSource } from '../chunk-source.ts';
import { imageKeySchema } from '../image-key.ts';
import type { SealingThreads } from '../sealing-threads.ts';
import { lazyFileOf } from './lazy-image.ts';

const { chunkBytes, lazyBytesMin, lazyWaitMs } = limits.snapshots;
const chunk = { name: 'a'.repeat(64), bytes: chunkBytes };
const chunks = Array.from({ length: lazyBytesMin / chunkBytes }, () => chunk);
const unit = { firstChunk: 0, lastChunk: 0, reads: [] };
const failed = (code: 'store_unavailable' | 'sandbox_unavailable') =>
  new CellbookError(code, { doing: 'fetching', problem: 'it does not answer' });

/** Sources that throw what they are given, in turn, and then answer. */
function answering(...sources: Error[][]) {
  const clock = new ManualClock();
  const asked: number[] = [];
  const source = (throws: Error[], index: number): ChunkSource => ({
    async having(_chunks, work) {
      asked.push(index);
      const error = throws.shift();
      if (error) throw error;
      return work('/nowhere');
    },
  });
  const nothing = async () => {
    throw new Error('not asked for');
  };
  const threads: SealingThreads = {
    ...{ seal: nothing, pack: nothing, open: nothing },
    answer: async () => undefined,
    close: async () => undefined,
  };
  const file = lazyFileOf(
    { kind: 'chunks', path: 'memory/pages.img', chunks },
    {
      ...{ threads, clock, random: systemRandom, log: silentLogger, of: 'sandbox' },
      ...{ key: imageKeySchema.parse(systemRandom.bytes(32)), sources: sources.map(source) },
      ...{ chunksAtOnce: 1, atOnce: { inOrder: 1, waited: 1 }, sought: () => undefined },
    },
  );
  const device = { fd: -1, lend: <T>(work: (fd: number) => Promise<T>) => work(-1) };
  const ended = new AbortController();
  let outcome: unknown = 'waits';
  void file!.answer(unit, device, ended.signal).then(
    () => {
      outcome = 'answered';
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  return { clock, asked, ended, outcome: () => outcome };
}

test('what one source does not give now, the next one gives', async () => {
  const { clock, asked, outcome } = answering([failed('store_unavailable')], []);
  await clock.advance(0);
  expect(outcome()).toBe('answered');
  expect(asked).toEqual([0, 1]);
});

test('a store that fails for a while is waited for', async () => {
  const { clock, asked, outcome } = answering(Array.from({ length: 5 }, () => failed('store_unavailable')));
  await clock.advance(0);
  expect(outcome()).toBe('waits');
  await clock.advance(lazyWaitMs / 2);
  expect(outcome()).toBe('answered');
  expect(asked).toHaveLength(6);
});

test('one that does not come back is waited for no longer than the limit', async () => {
  const always = Array.from({ length: 10_000 }, () => failed('store_unavailable'));
  const { clock, outcome } = answering(always);
  await clock.advance(lazyWaitMs / 2);
  expect(outcome()).toBe('waits');
  await clock.advance(lazyWaitMs);
  expect(outcome()).toMatchObject({ code: 'store_unavailable' });
});

test('what is missing or damaged everywhere is given up at once', async () => {
  const { clock, asked, outcome } = answering(
    [failed('sandbox_unavailable')],
    [failed('sandbox_unavailable')],
  );
  await clock.advance(0);
  expect(outcome()).toMatchObject({ code: 'sandbox_unavailable' });
  expect(asked).toEqual([0, 1]);
});

test('nobody waits for a file that nobody reads any more', async () => {
  const { clock, ended, outcome } = answering([failed('store_unavailable')]);
  await clock.advance(0);
  ended.abort(new Error('released'));
  await clock.advance(0);
  expect(outcome()).toMatchObject({ message: 'released' });
});
