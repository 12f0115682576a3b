/**
 * How long single submissions wait to be stored on this instance at present: as long as the oldest of them
 * has waited, for they are stored in the order in which they came. Where it is long and many are under way, whoever comes
 * is turned away by tier before his request is read, so that those who are let in are answered in time. A few are no
 * queue, however long the disk takes. Batches are not looked at: thousands take as long as they take; nor is what else a
 * submission may wait for (the edge, for more of an organisation's budget), which is no reason to turn others away.
 *
 *     few, or the oldest waits shortly ──▶ all let in ──more, longer──▶ no free ones ──▶ no paid ones ──▶ none
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Shed } from './shed.ts';

export class Lateness {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** In the order in which they came. */
  readonly #underWay = new Set<{ sinceMs: number }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Returns its end, to be called in any case. */
  begin(): () => void {
    const one = { sinceMs: this.#clock.monotonicMs() };
    this.#underWay.add(one);
    return () => this.#underWay.delete(one);
  }

  /** Measures those that are stored one by one. */
  over(commit: Pick<GroupCommit, 'ask'>): Pick<GroupCommit, 'ask'> {
    return {
      ask: (applicant) => {
        if (applicant.inBatch) return commit.ask(applicant);
        return commit.ask(applicant).finally(this.begin());
      },
    };
  }

  /** Whether one of this tier would be too much. */
  shed(tier: Tier): Shed | null {
    const { underWay, waitMs, retryAfterMs } = limits.jobs.late;
    if (this.#underWay.size < underWay[tier]) return null;
    const [oldest] = this.#underWay;
    const waitsMs = oldest ? this.#clock.monotonicMs() - oldest.sinceMs : 0;
    return waitsMs > waitMs[tier] ? { because: 'late', retryAfterMs: retryAfterMs[tier] } : null;
  }
}
