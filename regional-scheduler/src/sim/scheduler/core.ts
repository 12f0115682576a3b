/** What the simulation runs: the very code that production runs, under names that the worlds need. */
import type { HostId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { applyEvent } from '../../core/apply-event.ts';
import { decide } from '../../core/decide.ts';
import { stateDigest } from '../../core/dump-state.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import { hostView, judgeAttempt } from '../../core/reports/state-views.ts';
import type { HostView, JudgeAttempt } from '../../core/reports/views.ts';
import { jobView, newState, type SchedulerState } from '../../core/state.ts';
import type { Wish } from './simulated-log.ts';

export type CoreState = SchedulerState;

export interface Core {
  rebuild(events: readonly SchedulerEvent[]): CoreState;
  /** What it changed: nothing where the event does not fit. */
  apply(state: CoreState, event: SchedulerEvent): SchedulerEvent[];
  /** What it returns is applied already. */
  decide(state: CoreState, nowMs: number, random: Random): SchedulerEvent[];
  wished(state: CoreState, wish: Wish, nowMs: number): SchedulerEvent[];
  hostView(state: CoreState, hostId: HostId): HostView | null;
  hostIds(state: CoreState): Iterable<HostId>;
  judge(state: CoreState, random: Random): JudgeAttempt;
  lastAtMs(state: CoreState): number;
  /** The same for states that decide the same. */
  fingerprint(state: CoreState): string;
}

export const realCore: Core = {
  rebuild(events) {
    const state = newState();
    for (const event of events) applyEvent(state, event);
    return state;
  },
  apply: (state, event) => (applyEvent(state, event) ? [event] : []),
  decide,
  wished,
  hostView,
  hostIds: (state) => state.fleet.hosts.keys(),
  judge: judgeAttempt,
  lastAtMs: ({ atMs }) => atMs,
  fingerprint: stateDigest,
};

/** As the arrivals of the service are taken in (log/arrivals.ts). */
function wished(state: CoreState, wish: Wish, nowMs: number): SchedulerEvent[] {
  if (wish.type === 'cancel') return [{ type: 'cancel_asked', atMs: nowMs, jobId: wish.jobId }];
  if (wish.type === 'spill_offered' && jobView(state, wish.jobId)?.phase !== 'queued') return [];
  if (wish.type !== 'host_changed') return [{ ...wish, atMs: nowMs }];
  const known = hostView(state, wish.host.hostId);
  return known ? [{ ...wish, atMs: nowMs, host: known.spec }] : [];
}
