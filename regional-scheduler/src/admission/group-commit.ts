/**
 * One commit for what comes while another is under way: the disk is waited for once for all of them. Durable and
 * batched submissions have a lane each, so that those who need not wait for the disk do not.
 *
 *     ask ─▶ waiting ─▶ (lane free) up to groupCommitMax of them ─▶ store.admit ─▶ each its answer
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Durability } from '@cellbook/shared/protocol/job-request.ts';
import type { Applicant, Verdict } from './decide-admission.ts';
import type { SubmissionStore } from './submission-store.ts';

interface Waiting {
  applicant: Applicant;
  resolve(verdict: Verdict): void;
  reject(error: unknown): void;
}

export class GroupCommit {
  readonly #store: Pick<SubmissionStore, 'admit'>;
  readonly #clock: Clock;
  readonly #lanes: Record<Durability, { waiting: Waiting[]; busy: boolean }> = {
    durable: { waiting: [], busy: false },
    batched: { waiting: [], busy: false },
  };

  constructor(deps: { store: Pick<SubmissionStore, 'admit'>; clock: Clock }) {
    this.#store = deps.store;
    this.#clock = deps.clock;
  }

  ask(applicant: Applicant): Promise<Verdict> {
    const { durability } = applicant.candidate.request;
    const lane = this.#lanes[durability];
    if (lane.waiting.length >= limits.jobs.groupCommitWaitingMax) return Promise.reject(tooMany());
    return new Promise((resolve, reject) => {
      lane.waiting.push({ applicant, resolve, reject });
      // What comes in the same turn of the event loop goes with it.
      if (lane.waiting.length === 1 && !lane.busy) queueMicrotask(() => void this.#run(durability));
    });
  }

  async #run(durability: Durability): Promise<void> {
    const lane = this.#lanes[durability];
    if (lane.busy) return;
    lane.busy = true;
    while (lane.waiting.length > 0)
      await this.#commit(lane.waiting.splice(0, limits.jobs.groupCommitMax), durability);
    lane.busy = false;
  }

  async #commit(group: readonly Waiting[], durability: Durability): Promise<void> {
    const applicants = group.map(({ applicant }) => applicant);
    const details = { code: 'store_unavailable', doing: 'storing a job', next } as const;
    try {
      const verdicts = await withDeadline(this.#clock, limits.jobs.storeMs, details, () =>
        this.#store.admit(applicants, { nowMs: this.#clock.nowMs(), durability }),
      );
      for (const [index, { resolve, reject }] of group.entries()) {
        const verdict = verdicts[index];
        if (verdict) resolve(verdict);
        else reject(new Error('the store gave fewer verdicts than it was asked for'));
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

const next =
  'Send it again with the same Idempotency-Key: it is stored once, whether or not it was this time.';

const tooMany = (): CellbookError =>
  new CellbookError('capacity_exhausted', {
    doing: 'storing a job',
    problem: 'so many wait to be stored that this one was not taken in',
    next,
    retryAfterMs: 2_000,
  });
