/**
 * What an instance's copy of the state holds, looked at when somebody asks. Every instance tells its own copy: rules
 * take the greatest of a region. The walk over a million jobs, for the oldest of each tier, is cut into slices, between
 * which the leader goes on: what it gives is of about then.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Host } from '../core/fleet/host.ts';
import { type LivePhase, livePhases } from '../core/jobs/job-table.ts';
import { sharesOf } from '../core/preempt/shares.ts';
import { tierNames } from '../core/share/tiers.ts';
import type { SchedulerState } from '../core/state.ts';

/** At 15 ns a row a third of a millisecond. */
const sliceRows = 20_000;

export interface Waiting {
  phases: Record<LivePhase, number>;
  oldestMs: Record<Tier, number>;
}

/** Jobs by phase, and how long the oldest of each tier that is queued has waited since it could run. */
export async function waitingOf(state: SchedulerState, clock: Clock): Promise<Waiting> {
  const { jobs, tries } = state;
  const nowMs = clock.nowMs();
  const phases = Object.fromEntries(livePhases.map((phase) => [phase, 0])) as Record<LivePhase, number>;
  const oldestMs = { free: 0, paid: 0, enterprise: 0 };
  let looked = 0;
  for (const row of jobs.rows()) {
    const phase = jobs.phaseOf(row);
    phases[phase]++;
    if (phase === 'queued') {
      const notBeforeMs = jobs.notBeforeMs[row]!;
      const fromMs = Math.max(jobs.submittedMs[row]!, Number.isNaN(notBeforeMs) ? 0 : notBeforeMs);
      const sinceMs = Math.max(fromMs, tries.get(row)?.queuedMs ?? 0);
      const { tier } = jobs.templateOf(row);
      oldestMs[tier] = Math.max(oldestMs[tier], nowMs - sinceMs);
    }
    if (++looked % sliceRows === 0) await sleep(clock, 0);
  }
  return { phases, oldestMs };
}

/** GPUs by SKU and what they are; each is one thing. */
export function gpusOf(hosts: Iterable<Host>): Map<string, Map<string, number>> {
  const bySku = new Map<string, Map<string, number>>();
  for (const host of hosts) {
    const counts = bySku.get(host.kind.sku) ?? new Map<string, number>();
    bySku.set(host.kind.sku, counts);
    for (let device = 0; device < host.spec.gpus; device++) {
      const what = stateOf(host, device);
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }
  return bySku;
}

export const gpuStates = [
  ...['busy', 'free', 'reserved', 'unhealthy', 'draining', 'quarantined', 'silent', 'gone'],
] as const;

function stateOf({ owners, spec, phase, reservation }: Host, device: number): string {
  if (owners[device]) return 'busy';
  if (spec.unhealthy.includes(device)) return 'unhealthy';
  if (phase !== 'up') return phase;
  return reservation === null ? 'free' : 'reserved';
}

export function stateGauges(metrics: Metrics, clock: Clock): (state: SchedulerState) => Promise<void> {
  const gauge = (name: string, help: string, labels: readonly string[]) => metrics.gauge(name, help, labels);
  const on = {
    jobs: gauge('cellbook_scheduler_jobs', 'Jobs that have not ended.', ['phase']),
    queued: gauge('cellbook_scheduler_queue_jobs', 'Jobs that wait for GPUs.', ['tier']),
    queuedGpus: gauge('cellbook_scheduler_queue_gpus', 'GPUs that they ask for.', ['tier']),
    oldest: gauge('cellbook_scheduler_queue_oldest_seconds', 'How long the oldest has waited.', ['tier']),
    target: gauge('cellbook_scheduler_start_target_seconds', 'How long one should wait at the most.', [
      'tier',
    ]),
    shares: gauge(
      'cellbook_scheduler_tier_gpus',
      'By price: held, entitled to, floor, asked for, and owed (its floor, or less where it asks for less).',
      ['tier', 'what'],
    ),
    gpus: gauge('cellbook_scheduler_gpus', 'GPUs of the region by what they are.', ['sku', 'state']),
    useless: gauge('cellbook_scheduler_fragmented_gpus', 'Free GPUs that the usual next job could not use.', [
      'sku',
    ]),
    hosts: gauge('cellbook_scheduler_hosts', 'Hosts by phase.', ['phase']),
    attempts: gauge('cellbook_scheduler_attempts', 'Attempts that have not ended.', []),
    reservations: gauge('cellbook_scheduler_reservations', 'Jobs that a host is kept for.', []),
    classes: gauge('cellbook_scheduler_limited_classes', 'Classes of prompts that are limited.', ['limit']),
    rollouts: gauge('cellbook_scheduler_rollout_permille', 'Of its binary’s jobs, those of a new version.', [
      'binary',
    ]),
  };
  return async (state) => {
    const { phases, oldestMs } = await waitingOf(state, clock);
    for (const phase of livePhases) on.jobs.set({ phase }, phases[phase]);
    const { entitled, floor } = sharesOf(state);
    for (const tier of tierNames) {
      const { queued, queuedMilli, heldMilli } = state.tiers[tier];
      on.queued.set({ tier }, queued);
      on.queuedGpus.set({ tier }, queuedMilli / 1000);
      on.oldest.set({ tier }, queued === 0 ? 0 : oldestMs[tier] / 1000);
      on.target.set({ tier }, state.policy.tiers[tier].startMsTarget / 1000);
      const wanted = heldMilli + queuedMilli;
      const amounts = { held: heldMilli, entitled: entitled[tier], floor: floor[tier], wanted };
      for (const [what, milli] of Object.entries({ ...amounts, owed: Math.min(floor[tier], wanted) }))
        on.shares.set({ tier, what }, milli / 1000);
    }
    on.gpus.reset();
    for (const [sku, counts] of gpusOf(state.fleet.ranked))
      for (const what of gpuStates) on.gpus.set({ sku, state: what }, counts.get(what) ?? 0);
    on.useless.reset();
    for (const host of state.fleet.ranked) {
      const isOpen = host.phase === 'up' && host.reservation === null;
      on.useless.inc({ sku: host.kind.sku }, isOpen ? state.mix.useless(host.kind, host.free) : 0);
    }
    for (const phase of ['up', 'draining', 'quarantined', 'silent', 'gone'])
      on.hosts.set({ phase }, state.fleet.ranked.filter((host) => host.phase === phase).length);
    on.attempts.set(state.attempts.size);
    on.reservations.set(state.reservations.size);
    const limits = Object.values(state.contain.classes.limits);
    for (const limit of ['throttled', 'isolated', 'refused'])
      on.classes.set({ limit }, limits.filter(({ level }) => level === limit).length);
    on.rollouts.reset();
    for (const [binary, { candidate, permille }] of Object.entries(state.contain.rollouts))
      if (candidate !== null) on.rollouts.set({ binary }, permille);
  };
}
