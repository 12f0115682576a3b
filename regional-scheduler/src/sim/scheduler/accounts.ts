/**
 * What customers spend, by the rules of the service and from the committed log alone: a job is let in where its
 * reservation has room (admission/decide-admission.ts), holds it until it has ended, and costs then what its own events
 * say (records/fold-job.ts). Who stores it and who settles it has tests of its own, on a real Postgres.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { JobQuotas } from '@cellbook/shared/protocol/quota.ts';
import { type Holding, overQuotas } from '../../admission/decide-admission.ts';
import { microsOf } from '../../admission/price.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { JobSpec } from '../../core/model/job.ts';
import { type FoldedJob, foldJob, jobIdOf, newJob } from '../../records/fold-job.ts';
import * as invariants from './invariants.ts';

interface Open {
  spec: JobSpec;
  view: FoldedJob;
}

/** Of an organisation, which has one user here: some twenty jobs. */
const capMicros = microsOf(1, 25 * 60_000);
const quotas: JobQuotas = {
  organisation: { unfinished: 100, spendMicrosPerMonth: capMicros },
  user: { unfinished: 40, spendMicrosPerMonth: capMicros },
};

export class Accounts {
  readonly #judge: (verdict: string | null) => void;
  /** False only to show that the simulation finds it. */
  readonly #isStrict: boolean;
  readonly #held = new Map<string, Holding>();
  readonly #open = new Map<JobId, Open>();

  constructor(judge: (verdict: string | null) => void, isStrict: boolean) {
    this.#judge = judge;
    this.#isStrict = isStrict;
  }

  /** False: a quota or a cap has no room for it. */
  admit(spec: JobSpec): boolean {
    const held = this.#heldBy(spec);
    const both = { organisation: held, user: held };
    if (this.#isStrict && overQuotas(both, quotas, spec.reservedMicros, spec.submittedMs)) return false;
    held.unfinished += 1;
    held.reservedMicros += spec.reservedMicros;
    this.#judge(
      invariants.always_within_its_cap(spec.orgId, held.reservedMicros + held.spentMicros, capMicros),
    );
    this.#open.set(spec.jobId, { spec, view: newJob(spec.notBeforeMs) });
    return true;
  }

  committed(event: SchedulerEvent): void {
    const jobId = jobIdOf(event);
    const open = jobId && this.#open.get(jobId);
    if (!open) return;
    foldJob(open.view, event);
    if (event.type === 'job_ended' || open.view.phase === 'spilled') this.#settle(open);
  }

  finish(): void {
    for (const [holder, { reservedMicros, unfinished }] of this.#held)
      this.#judge(invariants.finally_nothing_reserved(holder, reservedMicros, unfinished));
  }

  #settle({ spec, view: { chargedGpuMs } }: Open): void {
    this.#open.delete(spec.jobId);
    this.#judge(invariants.always_charged_within_its_budget(spec, chargedGpuMs / spec.gpus));
    const held = this.#heldBy(spec);
    held.unfinished -= 1;
    held.reservedMicros -= spec.reservedMicros;
    held.spentMicros += microsOf(1, chargedGpuMs);
  }

  #heldBy({ orgId }: JobSpec): Holding {
    const known = this.#held.get(orgId);
    const held = known ?? { unfinished: 0, reservedMicros: 0, spentMicros: 0 };
    if (!known) this.#held.set(orgId, held);
    return held;
  }
}
