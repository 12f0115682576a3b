import { limits } from '@cellbook/shared/limits.ts';
import { expect, test, vi } from 'vitest';
import { type Keeper, KeptBytes } from './kept-bytes.ts';

const { keptBytesPerShardMax: max, pinnedBytesPerShardMax: pinnedMax } = limits.parking;

/** Keeps so much in all, of which the runtime does not give back `pinned`. */
class FakeKeeper implements Keeper {
  isOver = false;
  readonly #kept: KeptBytes;
  readonly #pinned: number;
  constructor(kept: KeptBytes, bytes: number, pinned = 0) {
    this.#kept = kept;
    this.#pinned = pinned;
    kept.note(this, bytes);
  }
  shed(): void {
    this.isOver = true;
    this.#kept.note(this, this.#pinned);
  }
}

test('when all together keep too much, who keeps most is sent away, and the others stay', () => {
  const overflow = vi.fn();
  const kept = new KeptBytes(overflow);
  const keepers = [0.2, 0.5, 0.25].map((part) => new FakeKeeper(kept, part * max));
  expect(keepers.map(({ isOver }) => isOver)).toEqual([false, false, false]);
  const last = new FakeKeeper(kept, 0.1 * max);
  expect([...keepers, last].map(({ isOver }) => isOver)).toEqual([false, true, false, false]);
  expect(kept.sum).toBeCloseTo(0.55 * max, 0);
  expect(overflow).not.toHaveBeenCalled();
});

test('what closed sockets keep with the runtime counts on, and too much of it ends the object', () => {
  const overflow = vi.fn();
  const kept = new KeptBytes(overflow);
  for (let count = 0; count < 3; count += 1) new FakeKeeper(kept, max / 2, pinnedMax / 2.5);
  expect(overflow).not.toHaveBeenCalled();
  for (let count = 0; count < 3; count += 1) new FakeKeeper(kept, max / 2, pinnedMax / 2.5);
  expect(overflow).toHaveBeenCalled();
});

test('what keeps next to nothing is not counted, and what has gone is no more', () => {
  const kept = new KeptBytes(() => undefined);
  const keeper = new FakeKeeper(kept, 1_000);
  expect(kept.sum).toBe(0);
  kept.note(keeper, 1_000_000);
  kept.note(keeper, 10);
  expect(kept.sum).toBe(10);
  kept.note(keeper, 0);
  expect(kept.sum).toBe(0);
});
