import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { LiveState } from '../live/live-state.ts';

export interface FetchRestParts {
  clock: Clock;
  log: Logger;
  /** `limits.storage.lazy.restAfterMs` unless told. */
  restAfterMs?: number;
}

/** What nobody has asked for yet, once a first cell had its time; of a volume that comes as it is read. */
export async function fetchRest({ lazy, pointer, signal }: LiveState, parts: FetchRestParts): Promise<void> {
  const { clock, log, restAfterMs = limits.storage.lazy.restAfterMs } = parts;
  if (!lazy) return;
  try {
    await sleep(clock, restAfterMs, signal);
    await lazy.fetchRest();
  } catch (error) {
    if (signal.aborted) return;
    const { workspaceId } = pointer.row;
    log.info({ err: error, workspaceId }, 'the rest of a volume is not fetched ahead');
  }
}
