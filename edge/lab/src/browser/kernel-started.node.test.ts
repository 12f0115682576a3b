import { expect, test } from 'vitest';
import { kernelStarted } from './kernel-started.ts';

class TestSignal {
  readonly slots = new Set<() => void>();
  connect = (slot: () => void) => this.slots.size < this.slots.add(slot).size;
  disconnect = (slot: () => void) => this.slots.delete(slot);
  emit(): void {
    for (const slot of [...this.slots]) slot();
  }
}

function startingContext() {
  let settle = () => {};
  const ready = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const context = {
    kernelDisplayStatus: 'initializing' as 'initializing' | 'idle' | 'unknown',
    isDisposed: false,
    ready,
    statusChanged: new TestSignal(),
    kernelChanged: new TestSignal(),
    sessionChanged: new TestSignal(),
    disposed: new TestSignal(),
  };
  return { context, settle: () => settle() };
}

/** Whether the wait is over after all that can happen by itself has happened. */
async function isOver(waiting: Promise<void> | null): Promise<boolean> {
  let over = false;
  void waiting?.then(() => {
    over = true;
  });
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return over;
}

test('does not wait for a kernel that is there, or that was refused', () => {
  for (const status of ['idle', 'unknown'] as const) {
    const { context } = startingContext();
    context.kernelDisplayStatus = status;
    expect(kernelStarted(context)).toBeNull();
  }
});

test('waits through changes that bring no kernel, and ends with the one that does', async () => {
  const { context } = startingContext();
  const waiting = kernelStarted(context);
  context.statusChanged.emit();
  expect(await isOver(waiting)).toBe(false);
  context.kernelDisplayStatus = 'idle';
  context.kernelChanged.emit();
  expect(await isOver(waiting)).toBe(true);
});

test('ends when the start fails without a signal', async () => {
  const { context, settle } = startingContext();
  const waiting = kernelStarted(context);
  context.kernelDisplayStatus = 'unknown';
  settle();
  expect(await isOver(waiting)).toBe(true);
});

test('ends when the notebook is closed, and leaves no listener behind', async () => {
  const { context } = startingContext();
  const waiting = kernelStarted(context);
  context.isDisposed = true;
  context.disposed.emit();
  expect(await isOver(waiting)).toBe(true);
  for (const signal of [
    context.statusChanged,
    context.kernelChanged,
    context.sessionChanged,
    context.disposed,
  ]) {
    expect(signal.slots.size).toBe(0);
  }
});
