/**
 * What a report of an agent, or its silence, means: events. Pure, and the only place that believes an agent: it can
 * speak of attempts that are on record as its own host's and have not ended, and of nothing else (believed.ts: and of
 * them only what can be); whatever it says twice, late or of others changes nothing.
 */
import type { AgentReport, AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { SchedulerEvent } from '../model/event.ts';
import type { HostPhase, HostSpec } from '../model/host.ts';
import type { AttemptOutcome } from '../model/job.ts';
import { believable, withOwnResult } from './believed.ts';
import type { Term } from './term.ts';
import type { AttemptView, HostView, JudgeAttempt } from './views.ts';

export interface ReportReading {
  nowMs: number;
  term: Term;
  judge: JudgeAttempt;
}

/** `view` is null for a host that is not on record. A report that is not new (`Term.take`) is not to be read. */
export function readReport(
  view: HostView | null,
  report: AgentReport,
  reading: ReportReading,
): SchedulerEvent[] {
  if (view && report.generation < view.spec.generation) return [];
  const isRestarted = view !== null && report.generation > view.spec.generation;
  const events = hostEvents(view, report, reading.nowMs);
  for (const own of view?.attempts ?? []) {
    const told = report.attempts.find(
      ({ attemptId, jobId }) => attemptId === own.attempt.attemptId && jobId === own.job.jobId,
    );
    const { attemptId } = own.attempt;
    if (told) {
      reading.term.told(attemptId);
      events.push(...attemptEvents(own, told, reading, report.draining || isRestarted));
    } else if (isRestarted) events.push(...ended(own, lost('its agent restarted'), reading));
    else if (couldTell(own, report, reading.term) && reading.term.missed(attemptId)) {
      reading.term.told(attemptId);
      events.push(...ended(own, lost('its agent tells of it no more'), reading));
    }
  }
  return events;
}

/** A host whose leases are all over: what it ran is nobody's now. */
export function readSilence(view: HostView, reading: Omit<ReportReading, 'term'>): SchedulerEvent[] {
  const { nowMs } = reading;
  const events = view.attempts.flatMap((own) => ended(own, lost('its host is silent'), reading));
  if (view.phase === 'silent' || view.phase === 'gone') return events;
  const because = 'its agent has not been heard for a whole lease';
  return [...events, { type: 'host_changed', atMs: nowMs, host: view.spec, phase: 'silent', because }];
}

/** One that ran and is not told of any more, by an agent that has heard of this term. */
function couldTell({ attempt }: AttemptView, report: AgentReport, term: Term): boolean {
  return attempt.startedMs !== null && report.epoch === term.epoch;
}

function attemptEvents(
  own: AttemptView,
  report: AttemptReport,
  reading: ReportReading,
  isDraining: boolean,
): SchedulerEvent[] {
  const { attempt, job } = own;
  const { nowMs } = reading;
  const told = believable(own, report, nowMs);
  const ids = { jobId: job.jobId, attemptId: attempt.attemptId };
  const events: SchedulerEvent[] = [];
  const hasStarted = told.state.phase === 'running' || told.state.phase === 'stopping';
  if (hasStarted && attempt.startedMs === null) events.push({ type: 'attempt_started', atMs: nowMs, ...ids });
  if (told.savedMs > attempt.savedMs && told.checkpointKey !== null) {
    const { savedMs, checkpointKey, progress } = told;
    events.push({ type: 'attempt_saved', atMs: nowMs, ...ids, savedMs, checkpointKey, progress });
  }
  if (told.state.phase === 'ended') {
    const claimed = withOwnResult(told.state.outcome, ids);
    const outcome = hungOf(own, believed(own, claimed, isDraining), told.ranMs);
    const savedMs = Math.max(told.savedMs, attempt.savedMs);
    events.push(...ended(own, outcome, reading, told, savedMs));
  }
  return events;
}

/** Nobody is stopped for others, or cancelled, who was not asked to stop. */
function believed(
  { attempt, cancelAsked }: AttemptView,
  outcome: AttemptOutcome,
  isDraining: boolean,
): AttemptOutcome {
  const wasAsked =
    outcome.kind === 'cancelled'
      ? cancelAsked
      : outcome.kind !== 'preempted' || attempt.preempting !== null || cancelAsked || isDraining;
  return wasAsked ? outcome : lost(`it was ${outcome.kind}, but nobody asked for it`);
}

/** Stopped by its agent before the job's own time was used up: it was watched for less, and counts as hung. */
function hungOf(
  { job, ranMs: earlierMs }: AttemptView,
  outcome: AttemptOutcome,
  ranMs: number,
): AttemptOutcome {
  const isWatch = outcome.kind === 'failed' && outcome.class === 'wall_clock';
  return isWatch && earlierMs + ranMs + watchSlackMs < job.wallMsMax
    ? { ...outcome, class: 'hung' }
    : outcome;
}

/** Between what an agent measures and what it was given. */
const watchSlackMs = 1_000;

function ended(
  own: AttemptView,
  outcome: AttemptOutcome,
  { nowMs, judge }: Pick<ReportReading, 'nowMs' | 'judge'>,
  told: Pick<AttemptReport, 'ranMs' | 'memoryMibMax'> = {
    ranMs: sinceItStarted(own, nowMs),
    memoryMibMax: 0,
  },
  savedMs = own.attempt.savedMs,
): SchedulerEvent[] {
  const { ranMs, memoryMibMax } = told;
  const after = judge(own, { outcome, ranMs, savedMs }, nowMs);
  const { retryAtMs } = after;
  const events: SchedulerEvent[] = [
    {
      ...{ type: 'attempt_ended', atMs: nowMs, jobId: own.job.jobId, attemptId: own.attempt.attemptId },
      ...{ outcome, ranMs, savedMs, retryAtMs },
      ...(memoryMibMax > 0 ? { memoryMibMax } : {}),
    },
  ];
  if (after.retryAtMs === null) {
    const { phase, because } = after;
    events.push({ type: 'job_ended', atMs: nowMs, jobId: own.job.jobId, phase, because });
  }
  return events;
}

function sinceItStarted({ attempt }: AttemptView, nowMs: number): number {
  return attempt.startedMs === null ? 0 : Math.max(0, nowMs - attempt.startedMs);
}

function lost(detail: string): AttemptOutcome {
  return { kind: 'failed', class: 'lost', detail };
}

function hostEvents(view: HostView | null, report: AgentReport, nowMs: number): SchedulerEvent[] {
  const host = specOf(report);
  const phase = phaseAfter(view, report);
  if (view && phase === view.phase && isSame(view.spec, host)) return [];
  const because = view === null ? 'its agent reported for the first time' : 'its agent says so';
  return [{ type: 'host_changed', atMs: nowMs, host, phase, because }];
}

/** A quarantine is ended by whoever set it, never by the host itself; a restart without draining ends a drain. */
function phaseAfter(view: HostView | null, report: AgentReport): HostPhase {
  if (view?.phase === 'quarantined' || view?.isHeld) return 'quarantined';
  if (report.draining) return 'draining';
  const isRestarted = view === null || report.generation > view.spec.generation;
  return view?.phase === 'draining' && !isRestarted ? 'draining' : 'up';
}

/** Devices that are not named between others count as unhealthy. */
export function specOf(report: AgentReport): HostSpec {
  const { hostId, rack, generation, devices, binaries } = report;
  const gpus = devices.reduce((most, { index }) => Math.max(most, index + 1), 0);
  const healthy = new Set(devices.filter((device) => device.healthy).map(({ index }) => index));
  return {
    hostId,
    rack,
    generation,
    gpus,
    sku: devices[0]?.sku ?? 'none',
    gpuMemoryMib: devices.reduce(
      (least, { memoryMib }) => Math.min(least, memoryMib),
      devices[0]?.memoryMib ?? 0,
    ),
    unhealthy: Array.from({ length: gpus }, (_, index) => index).filter((index) => !healthy.has(index)),
    binaries: [...new Set(binaries)].sort(),
  };
}

function isSame(a: HostSpec, b: HostSpec): boolean {
  const { sku, rack, gpus, gpuMemoryMib, generation, unhealthy, binaries } = a;
  return (
    sku === b.sku &&
    rack === b.rack &&
    gpus === b.gpus &&
    gpuMemoryMib === b.gpuMemoryMib &&
    generation === b.generation &&
    unhealthy.length === b.unhealthy.length &&
    unhealthy.every((index) => b.unhealthy.includes(index)) &&
    // Both are sorted.
    binaries?.length === b.binaries?.length &&
    (binaries ?? []).every((one, at) => one === b.binaries?.[at])
  );
}
