/** A cause that is made on a real platform, and the alerts that are to fire of it. */
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
import type { Ground } from './ground.ts';
import type { World } from './world.ts';

export interface Proof<Place extends Ground = World> {
  /** In words: `the object store is away`. */
  cause: string;
  alerts: readonly string[];
  /** What has to be so before it, that none of them fires yet. */
  prepare?(world: Place): Promise<void>;
  /** How long the last of its alerts may take; absent: four minutes. */
  withinMs?: number;
  /** Makes it and keeps it up until it is undone. */
  make(world: Place): Promise<() => Promise<void>>;
}

/** What a cause has begun ends also where the rest of it cannot be made. */
export async function orUndo<T>(rest: Promise<T>, undo: () => Promise<void>): Promise<T> {
  try {
    return await rest;
  } catch (thrown) {
    await undo();
    throw thrown;
  }
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
