import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 180_000;

/** Waits for a condition; the machine may be busy with much else. Throws what was waited for when it does not come. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = patienceMs,
): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await sleep(25);
  }
}
