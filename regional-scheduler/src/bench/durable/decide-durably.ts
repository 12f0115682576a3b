/**
 * Decisions that are on disk before anybody acts on them, with a million jobs waiting: attempts start and end, others
 * are placed where they were, each round in one commit. A decision is a job put onto GPUs; the ends that make room for
 * it, and the starts, are written as well.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { applyEvent } from '../../core/apply-event.ts';
import { decide } from '../../core/decide.ts';
import type { LiveAttempt } from '../../core/fleet/host.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import { hostView, judgeAttempt } from '../../core/reports/state-views.ts';
import type { SchedulerState } from '../../core/state.ts';
import { Pipeline } from '../../lead/pipeline.ts';
import type { EventLog } from '../../log/event-log.ts';

export interface DurableRun {
  decisionsPerSecond: number;
  eventsPerSecond: number;
  decisions: number;
  /** Of one round in memory, and of a commit. */
  decideMs: { p50: number; p99: number };
  commitMs: { p50: number; p99: number };
  /** Of this process's one thread: 1 is all of a core. */
  processorShare: number;
  lastSeq: number;
}

export interface DurableBed {
  state: SchedulerState;
  log: EventLog;
  epoch: number;
  lastSeq: number;
  clock: Clock;
  random: Random;
  forMs: number;
  /** Attempts that end in one round. */
  endsPerRound: number;
}

/** As many as the leader decides, and writes meanwhile, before it answers agents. */
const roundsPerTurn = 5;

export async function decideDurably(bed: DurableBed): Promise<DurableRun> {
  const { state, log, epoch, clock, forMs } = bed;
  const [decideMs, commitMs]: [number[], number[]] = [[], []];
  let { lastSeq } = bed;
  let decisions = 0;
  let nowMs = state.atMs + 1_000;
  // The fleet is filled before it is measured.
  lastSeq = await commit(decideAll(bed, nowMs));
  const processor = process.cpuUsage();
  const beganMs = clock.monotonicMs();
  const firstSeq = lastSeq;
  let rounds = 0;
  const pipeline = new Pipeline(async (events: readonly SchedulerEvent[]) => {
    const commitAtMs = clock.monotonicMs();
    lastSeq = await commit(events);
    commitMs.push(clock.monotonicMs() - commitAtMs);
  });
  while (clock.monotonicMs() - beganMs < forMs) {
    nowMs += 100;
    const events = [...starts(state, nowMs), ...ends(bed, nowMs)];
    for (;;) {
      // As the leader does (lead/decide-turn.ts).
      await pipeline.turn();
      const roundMs = clock.monotonicMs();
      const decided = decide(state, nowMs, bed.random);
      if (decided.length === 0) break;
      decideMs.push(clock.monotonicMs() - roundMs);
      events.push(...decided);
    }
    decisions += events.filter(({ type }) => type === 'job_placed').length;
    await pipeline.push(events);
    if (++rounds % roundsPerTurn === 0) await pipeline.done();
  }
  await pipeline.done();
  const seconds = (clock.monotonicMs() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(processor);
  return {
    decisionsPerSecond: Math.round(decisions / seconds),
    eventsPerSecond: Math.round((lastSeq - firstSeq) / seconds),
    decisions,
    decideMs: summary(decideMs),
    commitMs: summary(commitMs),
    processorShare: Number(((user + system) / 1e6 / seconds).toFixed(2)),
    lastSeq,
  };

  async function commit(events: readonly SchedulerEvent[]): Promise<number> {
    if (events.length > 0)
      await log.append({ epoch, firstSeq: lastSeq + 1, entries: events.map((event) => ({ event })) });
    return lastSeq + events.length;
  }
}

function decideAll({ state, random }: DurableBed, nowMs: number): SchedulerEvent[] {
  const all: SchedulerEvent[] = [];
  for (;;) {
    const events = decide(state, nowMs, random);
    if (events.length === 0) return all;
    all.push(...events);
  }
}

function starts(state: SchedulerState, atMs: number): SchedulerEvent[] {
  const events: SchedulerEvent[] = [];
  for (const { startedMs, jobId, attemptId } of state.attempts.values())
    if (startedMs === null) events.push({ type: 'attempt_started', atMs, jobId, attemptId });
  for (const event of events) applyEvent(state, event);
  return events;
}

/** The oldest attempts succeed. */
function ends({ state, random, endsPerRound }: DurableBed, atMs: number): SchedulerEvent[] {
  const oldest: LiveAttempt[] = [];
  for (const attempt of state.attempts.values()) {
    if (oldest.length === endsPerRound) break;
    oldest.push(attempt);
  }
  const judge = judgeAttempt(state, random);
  return oldest.flatMap(({ jobId, attemptId, hostId }) => {
    const view = hostView(state, hostId)?.attempts.find(({ attempt }) => attempt.attemptId === attemptId);
    if (!view) return [];
    const outcome = {
      kind: 'succeeded' as const,
      resultKey: `results/${jobId}/${attemptId}/out.mp4`,
      bytes: 9,
    };
    const after = judge(view, { outcome, ranMs: 60_000, savedMs: 0 }, atMs);
    const ended = { jobId, attemptId, outcome, ranMs: 60_000, savedMs: 0, retryAtMs: after.retryAtMs };
    const events: SchedulerEvent[] = [{ type: 'attempt_ended', atMs, ...ended }];
    if (after.retryAtMs === null)
      events.push({ type: 'job_ended', atMs, jobId, phase: after.phase, because: after.because });
    for (const event of events) applyEvent(state, event);
    return events;
  });
}

export function summary(values: readonly number[]): { p50: number; p99: number } {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2));
  return { p50: at(0.5), p99: at(0.99) };
}
