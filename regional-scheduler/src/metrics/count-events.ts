/**
 * What happens in the region, counted from committed events by whoever leads: each event by the leader of its own term
 * alone, so that sums over instances are true. A start is measured from when the job could have run (it came, or its
 * time had come) to its first attempt's start, against the target that its tier has at that moment.
 */
import type { AttemptId, JobId } from '@cellbook/shared/ids.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { EventOf } from '../core/record/event-of.ts';
import { rankOf } from '../core/share/tiers.ts';
import type { SchedulerState } from '../core/state.ts';
import type { StoredEntry } from '../log/event-log.ts';
import type { Region } from '../region.ts';
import { eventInstruments } from './event-instruments.ts';

/** What is to be known of an attempt when it is over: the state forgets it before its events are told. */
interface Brief {
  tier: Tier;
  gpus: number;
  /** Null: it is not the job's first. */
  waitsSinceMs: number | null;
  savedMs: number;
  isAsked: boolean;
}

export class EventCounter {
  readonly #instruments: ReturnType<typeof eventInstruments>;
  readonly #region: Pick<Region, 'state' | 'leadership'>;
  /** Of attempts under way: as many as there are GPUs, at the most. */
  readonly #briefs = new Map<AttemptId, Brief>();
  #epoch = 0;
  /** How the last attempt of a job failed, until the batch is over: its end comes right behind. */
  #failed = new Map<JobId, string>();

  constructor(metrics: Metrics, region: Pick<Region, 'state' | 'leadership'>) {
    this.#instruments = eventInstruments(metrics);
    this.#region = region;
  }

  committed(entries: readonly StoredEntry[]): void {
    const { leads, epoch } = this.#region.leadership();
    const state = this.#region.state();
    if (!leads || !state) return;
    if (epoch !== this.#epoch) this.#begin(epoch, state);
    this.#failed.clear();
    for (const entry of entries) if (entry.epoch === epoch) this.#count(entry.event, state);
  }

  /** Its first batch says that the term began: the state is at what the one before has left. */
  #begin(epoch: number, state: SchedulerState): void {
    this.#epoch = epoch;
    this.#briefs.clear();
    for (const attemptId of state.attempts.keys()) this.#briefOf(attemptId, state);
  }

  #count(event: SchedulerEvent, state: SchedulerState): void {
    const on = this.#instruments;
    switch (event.type) {
      case 'job_placed':
        this.#placed(event, state);
        break;
      case 'attempt_started':
        this.#started(event, state);
        break;
      case 'attempt_ended':
        this.#attemptEnded(event, state);
        break;
      case 'preemption_asked':
        this.#preempted(event, state);
        break;
      case 'job_ended':
        on.jobsEnded.inc({ phase: event.phase });
        if (event.phase === 'dead_lettered')
          on.deadLetters.inc({ class: this.#failed.get(event.jobId) ?? 'none' });
        break;
      case 'host_changed':
        on.hostsChanged.inc({ phase: event.phase });
        break;
      case 'class_limited':
        on.classLimits.inc({ limit: event.limit });
        break;
      case 'version_staged':
        on.rolloutSteps.inc({ step: stepOf(event.permille) });
        break;
      case 'spill_offered':
        on.spills.inc({ outcome: 'offered' });
        break;
      case 'spill_settled':
        on.spills.inc({ outcome: event.taken ? 'taken' : 'refused' });
        break;
      case 'term_began':
        on.terms.inc();
        break;
      default:
    }
  }

  #placed({ attemptId }: EventOf<'job_placed'>, state: SchedulerState): void {
    const brief = this.#briefOf(attemptId, state);
    if (brief) this.#instruments.placed.inc({ tier: brief.tier });
  }

  #started({ attemptId, atMs }: EventOf<'attempt_started'>, state: SchedulerState): void {
    const brief = this.#briefOf(attemptId, state);
    if (!brief || brief.waitsSinceMs === null) return;
    const { tier } = brief;
    const waitedMs = Math.max(0, atMs - brief.waitsSinceMs);
    this.#instruments.startSeconds.observe({ tier }, waitedMs / 1000);
    const inTime = waitedMs <= state.policy.tiers[tier].startMsTarget ? 'yes' : 'no';
    this.#instruments.starts.inc({ tier, in_time: inTime });
    brief.waitsSinceMs = null;
  }

  #preempted(event: EventOf<'preemption_asked'>, state: SchedulerState): void {
    const brief = this.#briefOf(event.attemptId, state);
    const row = state.jobs.rowOf(event.forJobId);
    if (!brief) return;
    brief.isAsked = true;
    const isHigher = row !== undefined && rankOf(state.jobs.templateOf(row).tier) > rankOf(brief.tier);
    this.#instruments.preemptions.inc({ tier: brief.tier, cause: isHigher ? 'priority' : 'floor' });
  }

  #attemptEnded(event: EventOf<'attempt_ended'>, state: SchedulerState): void {
    const { outcome, ranMs, savedMs, retryAtMs, attemptId, jobId } = event;
    const on = this.#instruments;
    const brief = this.#briefOf(attemptId, state);
    const failure = outcome.kind === 'failed' ? outcome.class : '';
    const tier = brief?.tier ?? 'unknown';
    on.attemptsEnded.inc({ tier, outcome: outcome.kind, class: failure });
    if (failure !== '') this.#failed.set(jobId, failure);
    if (failure === 'lost') on.leaseExpiries.inc();
    if (outcome.kind === 'failed' && retryAtMs !== null) on.retries.inc({ class: failure });
    this.#briefs.delete(attemptId);
    if (!brief) return;
    if (outcome.kind === 'preempted' && !brief.isAsked) on.preemptions.inc({ tier, cause: 'host' });
    on.gpuSeconds.inc({ tier }, (brief.gpus * ranMs) / 1000);
    const lostMs =
      outcome.kind === 'succeeded' ? 0 : Math.max(0, ranMs - Math.max(0, savedMs - brief.savedMs));
    on.lostGpuSeconds.inc({ outcome: outcome.kind }, (brief.gpus * lostMs) / 1000);
  }

  /** Of one that was placed in an earlier term what the state still knows. */
  #briefOf(attemptId: AttemptId, state: SchedulerState): Brief | null {
    const known = this.#briefs.get(attemptId);
    if (known) return known;
    const attempt = state.attempts.get(attemptId);
    if (!attempt) return null;
    const { row, tier, gpus, tries, savedMs, preempting } = attempt;
    const { jobs } = state;
    const notBeforeMs = jobs.notBeforeMs[row]!;
    const sinceMs = Number.isNaN(notBeforeMs)
      ? jobs.submittedMs[row]!
      : Math.max(notBeforeMs, jobs.submittedMs[row]!);
    const isFirst = tries.attempts <= 1 && attempt.startedMs === null;
    const brief = {
      tier,
      gpus,
      savedMs,
      isAsked: preempting !== null,
      waitsSinceMs: isFirst ? sinceMs : null,
    };
    this.#briefs.set(attemptId, brief);
    return brief;
  }
}

function stepOf(permille: number): string {
  if (permille === 0) return 'rolled_back';
  if (permille >= 1000) return 'finished';
  return permille <= 10 ? 'begun' : 'advanced';
}
