/**
 * How long single submissions wait for their acknowledgement on this instance at present: as long as the oldest of them
 * has waited, for they are stored in the order in which they came. A few are no queue, however long the disk takes;
 * beyond them whoever comes is turned away by tier before his request is read, so that those who are let in are answered
 * in time. Batches are not looked at: thousands take as long as they take.
 *
 *     waits < free's ──▶ all let in ──longer──▶ no free ones ──longer──▶ no paid ones ──longer──▶ none
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
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

  /** Whether one of this tier would wait for too long. */
  shed(tier: Tier): Shed | null {
    const { underWayMin, waitMs, retryAfterMs } = limits.jobs.late;
    if (this.#underWay.size < underWayMin) return null;
    const [oldest] = this.#underWay;
    const waitsMs = oldest ? this.#clock.monotonicMs() - oldest.sinceMs : 0;
    return waitsMs > waitMs[tier] ? { because: 'late', retryAfterMs: retryAfterMs[tier] } : null;
  }
}
