/** A cause that is made on a real platform, and the alerts that are to fire of it. */
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
import type { World } from './world.ts';

export interface Proof {
  /** In words: `the object store is away`. */
  cause: string;
  alerts: readonly string[];
  /** What has to be so before it, that none of them fires yet. */
  prepare?(world: World): Promise<void>;
  /** Makes it and keeps it up until it is undone. */
  make(world: World): Promise<() => Promise<void>>;
}

/** Does it again and again; what it throws is part of the cause. */
export function keepDoing(work: (turn: number) => Promise<unknown>, pauseMs: number): () => Promise<void> {
  const ending = new AbortController();
  const loop = async () => {
    for (let turn = 0; !ending.signal.aborted; turn++) {
      await work(turn).catch(() => undefined);
      await sleep(systemClock, pauseMs, ending.signal).catch(() => undefined);
    }
  };
  const ended = loop();
  return async () => {
    ending.abort();
    await ended;
  };
}
