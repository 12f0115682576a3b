/** The guarded region's side, of one leader's term: as federation/guard/queue-guard.ts and keep-record.ts do it. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import type { RecordAnswer, RecordChange, RegionRecord } from '@cellbook/shared/protocol/region-record.ts';
import { mayLetGo, type Told } from '../../core/federation/guardian.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { AttemptView } from '../../core/reports/views.ts';
import { mayBeCopied, toldOf, turnOf } from '../../federation/guard/turn-of.ts';
import { isLast, jobOf } from '../../log/event-log.ts';
import type { CoreState } from './core.ts';
import type { Network } from './network.ts';
import { lostMs, type SimulatedGuardian } from './simulated-guardian.ts';
import type { Guardianship, SimulatedLog } from './simulated-log.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export interface GuardDeps {
  process: SimulatedProcess;
  network: Network;
  log: SimulatedLog;
  guardian: SimulatedGuardian;
  regionId: RegionId;
  term: number;
  state: CoreState;
  /** Whether it still leads, and nothing in the state is uncommitted. */
  isClean(): boolean;
  ask(event: SchedulerEvent): void;
  nowMs(): number;
  /** Only to show that the simulation finds it. */
  forgetsToAsk: boolean;
}

const roundMs = 1_000;
const silentMs = 8_000;
const overTurn = 1_000_000;

export class SimulatedGuard {
  readonly #deps: GuardDeps;
  #belief: Guardianship | null;
  #isFresh = true;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #heardMs: number;
  readonly #acknowledged = new Map<JobId, Told>();
  readonly #toCopy = new Set<JobId>();
  readonly #toLetGo = new Map<JobId, number>();
  readonly #over = new Set<JobId>();
  readonly #taken = new Set<JobId>();

  constructor(deps: GuardDeps, stored: Guardianship | null) {
    this.#deps = deps;
    this.#belief = stored;
    this.#heardMs = deps.process.clock.monotonicMs();
    this.#round();
  }

  withholds({ job, attempt }: AttemptView, isToldOf: boolean): boolean {
    if (this.#taken.has(job.jobId)) return true;
    if (isToldOf || attempt.startedMs !== null || this.#deps.forgetsToAsk) return false;
    return !this.mayLetGo(job);
  }

  mayLetGo(job: { jobId: JobId; regions: readonly RegionId[] | null }): boolean {
    const guardian = this.#belief?.guardian;
    if (guardian != null && !mayBeCopied(job, guardian)) return true;
    const turn = turnOf(this.#deps.state, job.jobId) ?? 0;
    if (this.#taken.has(job.jobId)) return false;
    if (mayLetGo(this.#belief, turn, this.#acknowledged.get(job.jobId) ?? null)) return true;
    this.#toLetGo.set(job.jobId, turn);
    this.#letGo();
    return false;
  }

  committed(events: readonly SchedulerEvent[]): void {
    for (const event of events) {
      const jobId = jobOf(event);
      if (jobId === null) continue;
      if (isLast(event)) this.#over.add(jobId);
      else if (['job_submitted', 'attempt_ended', 'spill_settled'].includes(event.type))
        this.#toCopy.add(jobId);
    }
  }

  #round(): void {
    this.#deps.process.after(roundMs, () => this.#round());
    if (!this.#deps.isClean()) return;
    this.#keep();
    this.#copy();
    this.#letGo();
  }

  #letGo(): void {
    const { process, network, guardian } = this.#deps;
    if (this.#belief?.guardian == null) return;
    const { epoch } = this.#belief;
    const all = [...this.#toLetGo, ...[...this.#over].map((jobId) => [jobId, overTurn] as const)];
    this.#toLetGo.clear();
    for (const [jobId, turn] of all)
      network.send(process.name, 'region', () => {
        const answer = guardian.release(jobId, { epoch, turn });
        network.send('region', process.name, () =>
          process.own(() => this.#told(jobId, { epoch, turn }, answer)),
        );
      });
  }

  #told(jobId: JobId, told: Told, answer: 'released' | 'taken' | null): void {
    this.#heardMs = this.#deps.process.clock.monotonicMs();
    if (answer === 'taken') this.#taken.add(jobId);
    if (answer === null) return;
    if (told.turn === overTurn) this.#over.delete(jobId);
    else if (answer === 'released') this.#acknowledged.set(jobId, told);
  }

  #copy(): void {
    const { process, network, guardian, state } = this.#deps;
    const belief = this.#belief;
    if (belief?.guardian == null) return;
    for (const jobId of this.#toCopy) {
      const told = toldOf(state, jobId, belief.guardian);
      if (!told) {
        this.#toCopy.delete(jobId);
        continue;
      }
      const { epoch } = belief;
      network.send(process.name, 'region', () => {
        guardian.copy(jobId, { epoch, turn: told.turn }, told.state);
        network.send('region', process.name, () => process.own(() => this.#copied(jobId, epoch)));
      });
    }
  }

  #copied(jobId: JobId, epoch: number): void {
    this.#heardMs = this.#deps.process.clock.monotonicMs();
    if (this.#belief?.epoch === epoch) this.#toCopy.delete(jobId);
  }

  #keep(): void {
    const { process, regionId, guardian } = this.#deps;
    const nowMs = process.clock.monotonicMs();
    process.call(
      () => true,
      (heard) => {
        if (heard) this.#heardMs = process.clock.monotonicMs();
      },
      'region',
    );
    const belief = this.#belief;
    const wanted = nowMs - this.#heardMs < silentMs ? regionId : null;
    if (belief === null) {
      const begin = (told: RecordAnswer | null) => {
        if (told?.record.guardian === null && this.#belief === null) this.#change(told.record.epoch, wanted);
      };
      process.call(() => guardian.change(null), begin, 'witness');
      return;
    }
    if (this.#isFresh || wanted !== belief.guardian) {
      this.#change(belief.epoch, wanted);
      return;
    }
    if (nowMs - this.#renewedMs < lostMs / 4 && this.#taken.size === 0) return;
    this.#ask({ type: 'renew', epoch: belief.epoch, ttlMs: lostMs }, () => {
      this.#renewedMs = nowMs;
    });
  }

  #change(epoch: number, wanted: RegionId | null): void {
    this.#ask({ type: 'guard', epoch, guardian: wanted, ttlMs: lostMs }, (record) =>
      this.#believe(record, false),
    );
  }

  #ask(change: RecordChange, done: (record: RegionRecord) => void): void {
    const { process, guardian } = this.#deps;
    process.call(
      () => guardian.change(change),
      (told) => {
        if (told === null) return;
        if (told.refused === null) done(told.record);
        else if (this.#belief) this.#catchUp(this.#belief, told.record);
      },
      'witness',
    );
  }

  #believe({ epoch, guardian }: RegionRecord, isFresh: boolean): void {
    const { process, log, term, state } = this.#deps;
    process.call(
      () => log.guard(term, { epoch, guardian }),
      (isStored) => {
        if (!isStored || epoch <= (this.#belief?.epoch ?? -1)) return;
        this.#belief = { epoch, guardian };
        this.#isFresh = isFresh;
        for (const known of [this.#acknowledged, this.#toLetGo, this.#toCopy, this.#over, this.#taken])
          known.clear();
        for (const row of state.jobs.rows()) this.#toCopy.add(state.jobs.ids[row]!);
      },
    );
  }

  #catchUp(belief: Guardianship, record: RegionRecord): void {
    const { process, guardian } = this.#deps;
    const { claim } = record;
    if (claim === null || claim.epoch < belief.epoch) {
      this.#believe(record, true);
      return;
    }
    process.call(
      () => guardian.tell(claim.epoch),
      (told) => {
        for (const jobId of told?.jobs ?? []) this.#taken.add(jobId);
        if (told?.isDone && this.#isSettled(claim.by)) this.#change(record.epoch, null);
      },
      'region',
    );
  }

  #isSettled(by: RegionId): boolean {
    const { state, isClean, ask, nowMs } = this.#deps;
    if (!isClean()) return false;
    const left = [...this.#taken].filter((jobId) => state.jobs.rowOf(jobId) !== undefined);
    for (const jobId of left) ask({ type: 'job_taken_up', atMs: nowMs(), jobId, by });
    return left.length === 0;
  }
}
