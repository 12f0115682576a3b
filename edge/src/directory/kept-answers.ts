/**
 * What a snapshot that was cut at its limit cannot tell: the directory is asked about the one thing wanted, and its
 * answer kept for as long as a snapshot is. With the directory away the answer before counts on, as long as a
 * snapshot would; without one the request is refused with `store_unavailable`. A flood so costs reads, and decides
 * nothing.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { BoundedMap } from '../bounded-map.ts';

export function keepAnswers<Asked, Answer>(deps: {
  clock: Clock;
  nameOf(asked: Asked): string;
  ask(asked: Asked): Promise<Answer>;
}): (asked: Asked) => Promise<Answer> {
  const { clock, nameOf, ask } = deps;
  const { keptAnswersMax, snapshotRefreshMs, snapshotStaleMsMax } = limits.edge;
  const known = new BoundedMap<{ answer: Answer; readMs: number }>(keptAnswersMax);
  return async (asked) => {
    const held = known.get(nameOf(asked));
    const readMs = clock.monotonicMs();
    if (held && readMs - held.readMs < snapshotRefreshMs) return held.answer;
    try {
      const answer = await ask(asked);
      known.set(nameOf(asked), { answer, readMs });
      return answer;
    } catch (thrown) {
      if (held && readMs - held.readMs < snapshotStaleMsMax) return held.answer;
      throw thrown;
    }
  };
}
