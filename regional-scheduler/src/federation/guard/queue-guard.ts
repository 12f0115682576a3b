/**
 * The guarded region's side (core/federation/guardian.ts), on its leader. It copies the queue to the guardian as events
 * are committed, keeps orders back from agents, and offers from third regions, until the guardian has acknowledged that
 * the job is let go, and settles what was taken while this region was away.
 *
 *     committed ─▶ to copy ─▶ told                 placed ─▶ kept back ─▶ to let go ─▶ acknowledged ─▶ its host is answered
 *
 * What it looks at in the state is committed: copies are made between turns, orders are held at a turn's end. All of it
 * is forgotten with the term, and begun anew under a new epoch of the guardianship.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId, JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { releasesAnswerSchema } from '@cellbook/shared/protocol/federation-api.ts';
import type { z } from 'zod';
import { mayLetGo, overTurn, type Told } from '../../core/federation/guardian.ts';
import type { AttemptView } from '../../core/reports/views.ts';
import type { SchedulerState } from '../../core/state.ts';
import { isLast, jobOf, type StoredEntry } from '../../log/event-log.ts';
import type { JobRecords } from '../../records/job-record.ts';
import type { Region } from '../../region.ts';
import { type PeerCall, type PeerCaller, PeerError, type PeerTrouble } from '../peers.ts';
import { firstOf } from './first-of.ts';
import { guardPaths } from './guard-routes.ts';
import type { Guardianship } from './guard-store.ts';
import { type Belief, keepRecord } from './keep-record.ts';
import type { RegionRecords } from './region-records.ts';
import { sendCopies } from './send-copies.ts';
import { mayBeCopied, turnOf } from './turn-of.ts';

export interface QueueGuardDeps {
  regionId: RegionId;
  region: Region;
  peers: PeerCaller;
  records: RegionRecords;
  own: Guardianship;
  submissions: Pick<JobRecords, 'find'>;
  /** The state with all in it that is committed and nothing else; null: this instance does not lead. */
  whenClean(): Promise<SchedulerState | null>;
  /** There may be news for these hosts; null: for all. */
  touch(hostIds: readonly HostId[] | null): void;
  /** So many jobs the guardian cannot read. */
  refused(jobs: number): void;
  /** The guardian answered what cannot be read, or refused a message as a whole. */
  misheard(guardian: RegionId, trouble: PeerTrouble): void;
  /** Told each round: whether this instance leads a queue that nobody guards. */
  unguarded(isSo: boolean): void;
  lostMs: number;
  clock: Clock;
  log: Logger;
}

interface Letting {
  turn: number;
  isOver: boolean;
  hostId: HostId | null;
}

export class QueueGuard {
  readonly deps: QueueGuardDeps;
  belief: Belief | null = null;
  readonly taken = new Set<JobId>();
  /** When each of the others last answered out of its book of copies; monotonic. */
  readonly heardMs = new Map<RegionId, number>();
  /** Why it did not, of those that do not. */
  readonly unheard = new Map<RegionId, string>();
  /** This region has lost its memory, and its record names a guardian, who is to claim it. */
  isToBeClaimed = false;
  /** What the guardian could not read: when it is told of it again; monotonic. */
  readonly leftOut = new Map<JobId, number>();
  /** Of these it was said, and counted, that the guardian cannot read them. */
  readonly unreadable = new Set<JobId>();
  /** Since when the two do not understand each other, by region and path: one who takes copies may let nothing go. */
  readonly misheardMs = new Map<RegionId, Map<string, number>>();
  termBeganMs = 0;
  /** Monotonic: the record is not asked for before. */
  askAgainMs = 0;
  /** When the leader was told of what was taken. */
  toldMs = Number.NEGATIVE_INFINITY;
  /** With content, or as it may be known from earlier. */
  readonly toCopy = new Map<JobId, boolean>();
  /** The epoch under which all that there is was noted to be copied, and under which all of it was. */
  listedEpoch: number | null = null;
  completeEpoch: number | null = null;
  term: number | null = null;
  /** Something waits to be let go. */
  wanted: () => void = () => {};
  readonly #acknowledged = new Map<JobId, Told>();
  readonly #toLetGo = new Map<JobId, Letting>();
  #wasUnguarded = false;

  constructor(deps: QueueGuardDeps) {
    this.deps = deps;
  }

  /** Told of what was committed. */
  committed(entries: readonly StoredEntry[]): void {
    if (this.belief?.guardian == null) return;
    for (const { event } of entries) {
      const jobId = jobOf(event);
      if (jobId === null) continue;
      if (isLast(event)) this.#isOver(jobId);
      else if (event.type === 'job_submitted') this.toCopy.set(jobId, true);
      else if (event.type === 'attempt_ended' || event.type === 'spill_settled')
        this.toCopy.set(jobId, false);
    }
  }

  /** At a turn's end: whether an attempt may not be begun yet. */
  withholds(state: SchedulerState, { job, attempt }: AttemptView, isToldOf: boolean): boolean {
    if (this.taken.has(job.jobId)) return true;
    if (isToldOf || attempt.startedMs !== null) return false;
    return !this.#mayLetGo(state, job, attempt.hostId);
  }

  /** Whether a job may be offered to another region; asks for it where it may not yet. */
  mayOffer(state: SchedulerState, job: { jobId: JobId; regions: readonly RegionId[] | null }): boolean {
    return !this.taken.has(job.jobId) && this.#mayLetGo(state, job, null);
  }

  #mayLetGo(
    state: SchedulerState,
    job: { jobId: JobId; regions: readonly RegionId[] | null },
    hostId: HostId | null,
  ): boolean {
    const { belief } = this;
    // What an earlier term of this instance believed may be over.
    if (this.term !== this.deps.region.leadership().epoch) return false;
    if (belief?.guardian != null && !mayBeCopied(job, belief.guardian)) return true;
    const turn = turnOf(state, job.jobId) ?? 0;
    if (mayLetGo(belief, turn, this.#acknowledged.get(job.jobId) ?? null)) return true;
    if (belief?.guardian != null) this.#toLetGo.set(job.jobId, { turn, isOver: false, hostId });
    this.wanted();
    return false;
  }

  #isOver(jobId: JobId): void {
    this.toCopy.delete(jobId);
    this.leftOut.delete(jobId);
    this.unreadable.delete(jobId);
    this.#acknowledged.delete(jobId);
    this.#toLetGo.set(jobId, { turn: overTurn, isOver: true, hostId: null });
    this.wanted();
  }

  /** One round of what is not urgent. */
  async round(): Promise<void> {
    const { region } = this.deps;
    const { leads, epoch } = region.leadership();
    if (!leads) {
      this.#forget(null);
      this.#sayUnguarded(false);
      return;
    }
    if (this.term !== epoch) {
      this.#forget(epoch);
      const stored = await this.deps.own.read();
      this.belief = stored && { ...stored, isFresh: true, renewedMs: Number.NEGATIVE_INFINITY };
      if (this.belief) this.deps.touch(null);
    }
    await this.keep();
    const guardian = this.belief?.guardian;
    this.#sayUnguarded(this.#isUnguarded(guardian ?? null));
    // What failed was asked for again, and answered, or it was wanted no more.
    if (guardian != null && this.#toLetGo.size === 0) this.understand(guardian, guardPaths.releases);
    await sendCopies(this);
  }

  /** Also where one is believed who has been silent for so long that another would be asked, could the record be changed. */
  #isUnguarded(guardian: RegionId | null): boolean {
    if (guardian === null) return !this.isToBeClaimed;
    return this.silentMs(guardian) >= limits.federation.guardianSilentMs;
  }

  silentMs(guardian: RegionId): number {
    return this.deps.clock.monotonicMs() - (this.heardMs.get(guardian) ?? this.termBeganMs);
  }

  #sayUnguarded(isSo: boolean): void {
    const { log, unguarded } = this.deps;
    if (isSo && !this.#wasUnguarded)
      log.warn({ unheard: Object.fromEntries(this.unheard) }, 'nobody guards the queue of this region');
    this.#wasUnguarded = isSo;
    unguarded(isSo);
  }

  /** The record, and what its epoch asks for; also between the messages of a round, which may take longer than it lasts. */
  async keep(): Promise<void> {
    const before = this.belief;
    await keepRecord(this);
    const { belief } = this;
    const isNew = belief?.epoch !== before?.epoch || belief?.isFresh === false;
    if (belief && isNew && belief.epoch !== this.listedEpoch) await this.#begin(belief);
  }

  /** What is placed waits for this. */
  async letGo(): Promise<void> {
    const { log } = this.deps;
    const guardian = this.belief?.guardian;
    const epoch = this.belief?.epoch ?? 0;
    while (guardian != null && this.#toLetGo.size > 0 && this.belief?.epoch === epoch) {
      const some = firstOf(this.#toLetGo, limits.federation.releasesPerCall);
      const jobs = some.map(([jobId, { turn, isOver }]) => ({ jobId, turn, isOver }));
      const call = { method: 'POST', path: guardPaths.releases, body: { epoch, jobs } } as const;
      const answer = await this.ask(guardian, call, releasesAnswerSchema);
      if (this.belief?.epoch !== epoch) return;
      const { taken } = answer;
      for (const jobId of taken) this.taken.add(jobId);
      if (taken.length > 0) log.warn({ guardian, jobs: taken.length }, 'jobs were taken up by the guardian');
      this.#acknowledge(epoch, new Set(answer.released), some);
      this.#waitFor(guardian, some, answer);
    }
  }

  /** Of the queue: what a look at how it stands does not tell, whether the two understand each other, is learned here. */
  async ask<Answer>(guardian: RegionId, call: PeerCall, schema: z.ZodType<Answer>): Promise<Answer> {
    const { peers, clock } = this.deps;
    try {
      const answer = await peers.call(guardian, call, schema);
      this.heardMs.set(guardian, clock.monotonicMs());
      return answer;
    } catch (error) {
      if (!(error instanceof PeerError) || error.trouble === 'unreachable') throw error;
      this.deps.misheard(guardian, error.trouble);
      // A copy that it refuses may be one job's fault (send-copies.ts).
      if (error.trouble !== 'refused' || call.path !== guardPaths.copies) this.mishear(guardian, call.path);
      throw error;
    }
  }

  mishear(guardian: RegionId, path: string): void {
    const byPath = this.misheardMs.get(guardian) ?? new Map<string, number>();
    if (!byPath.has(path)) byPath.set(path, this.deps.clock.monotonicMs());
    this.misheardMs.set(guardian, byPath);
  }

  /** Only of this path: whoever takes copies may refuse to let anything go. */
  understand(guardian: RegionId, path: string): void {
    this.misheardMs.get(guardian)?.delete(path);
  }

  /**
   * What it could not read would never begin: it is asked for again, behind the others, until that is somebody else’s to
   * answer (keep-record.ts). So is what is over and not acknowledged: nobody would tell of it again. Any other that is not
   * acknowledged is asked for again when it is looked at again.
   */
  #waitFor(
    guardian: RegionId,
    asked: readonly [JobId, Letting][],
    answer: z.output<typeof releasesAnswerSchema>,
  ): void {
    const known = new Set([...answer.released, ...answer.taken]);
    const unread = new Set(answer.unread);
    let waiting = 0;
    for (const [jobId, one] of asked) {
      if (this.#toLetGo.get(jobId) !== one) continue;
      this.#toLetGo.delete(jobId);
      if (known.has(jobId) || !(unread.has(jobId) || one.isOver)) continue;
      this.#toLetGo.set(jobId, one);
      waiting++;
    }
    if (unread.size === 0) this.understand(guardian, guardPaths.releases);
    else {
      this.mishear(guardian, guardPaths.releases);
      this.deps.misheard(guardian, 'refused');
    }
    if (waiting > 0)
      throw new PeerError(guardian, 'refused', `${waiting} jobs that are let go are not acknowledged`);
  }

  #acknowledge(epoch: number, released: ReadonlySet<JobId>, asked: readonly [JobId, Letting][]): void {
    const hosts: HostId[] = [];
    for (const [jobId, { turn, isOver, hostId }] of asked) {
      if (isOver || !released.has(jobId)) continue;
      this.#acknowledged.set(jobId, { epoch, turn });
      if (hostId !== null) hosts.push(hostId);
    }
    if (hosts.length > 0) this.deps.touch(hosts);
  }

  /** Under a new epoch nothing is copied or acknowledged yet; what is over stays to be told of. */
  async #begin({ epoch, guardian }: Belief): Promise<void> {
    this.#acknowledged.clear();
    for (const [jobId, { isOver }] of this.#toLetGo)
      if (!isOver || guardian === null) this.#toLetGo.delete(jobId);
    for (const known of [this.toCopy, this.leftOut, this.unreadable]) known.clear();
    const state = await this.deps.whenClean();
    if (!state || this.belief?.epoch !== epoch) return;
    if (guardian !== null) for (const row of state.jobs.rows()) this.toCopy.set(state.jobs.ids[row]!, false);
    this.listedEpoch = epoch;
    this.deps.touch(null);
  }

  #forget(term: number | null): void {
    this.term = term;
    this.termBeganMs = this.deps.clock.monotonicMs();
    this.toldMs = Number.NEGATIVE_INFINITY;
    this.belief = null;
    this.isToBeClaimed = false;
    this.listedEpoch = null;
    this.completeEpoch = null;
    const { taken, toCopy, leftOut, unreadable, misheardMs } = this;
    const noted = [taken, toCopy, leftOut, unreadable, misheardMs, this.#acknowledged, this.#toLetGo];
    for (const known of noted) known.clear();
  }
}
