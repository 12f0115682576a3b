/** What must be true of a region after each round of decisions; the simulator asks the same. */

import { mayRun } from '../contain/contain.ts';
import type { SchedulerEvent } from '../model/event.ts';
import { couldTake, hasVersion } from '../place/find-place.ts';
import { stopsMax } from '../preempt/victims.ts';
import { mayRunMore } from '../queue/line.ts';
import { ceilingMilli } from '../share/fair-share.ts';
import { budgetMilli } from '../share/shares-of.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';

export function always(state: SchedulerState, events: readonly SchedulerEvent[]): void {
  oneOwner(state);
  wholeGangs(state);
  tierSums(state);
  ceilings(state, events);
  noIdleGpu(state);
  preemptionsBounded(state);
  quotaOnlyWhileLeased(state);
}

function must(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what);
}

/** Invariant 1, as far as the state goes: one live attempt a job, one a device, and it is the host's. */
function oneOwner({ fleet, attempts, tries }: SchedulerState): void {
  let owned = 0;
  for (const host of fleet.hosts.values()) {
    let free = 0;
    for (let device = 0; device < host.spec.gpus; device++) {
      const owner = host.owners[device];
      if (!owner && !host.spec.unhealthy.includes(device)) free++;
      if (owner) must(owner.devices.includes(device), `${device} of ${host.spec.hostId} has another owner`);
    }
    must(host.free === free, `${host.spec.hostId} has ${free} free, not ${host.free}`);
    owned += host.attempts.length;
    const devices = host.attempts.flatMap((attempt) => attempt.devices);
    must(new Set(devices).size === devices.length, `a device of ${host.spec.hostId} is given twice`);
  }
  must(owned === attempts.size, 'an attempt is on no host');
  const live = [...tries.values()].filter((one) => one.live);
  must(live.length === attempts.size, 'an attempt is of no job, or two are of one');
}

/** Invariant 3. */
function wholeGangs(state: SchedulerState): void {
  for (const { row, devices, jobId } of state.attempts.values())
    must(devices.length === state.jobs.templateOf(row).gpus, `${jobId} has not all its GPUs`);
}

function tierSums(state: SchedulerState): void {
  for (const tier of tierNames) {
    const queue = state.tiers[tier];
    let held = 0;
    let leaving = 0;
    for (const attempt of state.attempts.values()) {
      if (attempt.tier !== tier) continue;
      held += attempt.gpus * attempt.priceMilli;
      if (attempt.preempting) leaving += attempt.gpus * attempt.priceMilli;
    }
    must(held === queue.heldMilli && leaving === queue.leavingMilli, `${tier} holds ${held}`);
    let queued = 0;
    let waiting = 0;
    for (const customer of queue.customers.values()) {
      queued += customer.queued;
      for (const line of customer.lines) {
        waiting += line.jobs.size;
        must(line.jobs.size > 0, 'an empty line is kept');
        must(line.at === -1 ? !mayRunMore(customer) : mayRunMore(customer), 'a line is in or out wrongly');
      }
    }
    must(
      queued === queue.queued && waiting === queued,
      `${tier} has ${waiting} waiting, not ${queue.queued}`,
    );
  }
}

/** Invariant 4: nobody is placed above a tier's ceiling (hosts may leave beneath what runs). */
function ceilings(state: SchedulerState, events: readonly SchedulerEvent[]): void {
  for (const tier of tierNames) {
    const most = ceilingMilli(state.policy.tiers[tier], state.fleet.capacityMilli);
    const isOver = state.tiers[tier].heldMilli > most;
    const placed = events.some(
      (event) => event.type === 'job_placed' && state.attempts.get(event.attemptId)?.tier === tier,
    );
    must(!isOver || !placed, `${tier} was given more than its ceiling`);
  }
}

/** Invariant 9. */
function noIdleGpu(state: SchedulerState): void {
  const { fleet, contain, jobs, atMs } = state;
  for (const tier of tierNames) {
    const queue = state.tiers[tier];
    for (const shape of queue.classes) {
      if (shape.lines.size === 0) continue;
      const row = queue.firstOf(shape);
      const job = { features: jobs.featuresOf(row), orgId: jobs.orgOf(row), gpus: shape.gpus };
      if (!mayRun(contain, job, fleet.capacityGpus, atMs).go) continue;
      const request = { shape, budgetMilli: budgetMilli(state, queue) };
      for (const host of fleet.ranked)
        must(
          host.reservation !== null || !couldTake(state, request, host) || !hasVersion(state, row, host),
          `${jobs.ids[row]} fits ${host.spec.hostId}, which stands idle`,
        );
    }
  }
}

/** Invariant 8, the first half; the second is told by the events. */
function preemptionsBounded({ tries, policy }: SchedulerState): void {
  for (const { preemptions, ranMs } of tries.values())
    must(preemptions <= stopsMax(policy.preemption, ranMs), 'a job was preempted too often');
}

/** Invariant 15: what counts against a customer are attempts that live. */
function quotaOnlyWhileLeased(state: SchedulerState): void {
  const running = new Map<string, number>();
  for (const { row } of state.attempts.values()) {
    const { tier } = state.jobs.templateOf(row);
    const orgId = state.jobs.orgOf(row);
    running.set(`${tier} ${orgId}`, (running.get(`${tier} ${orgId}`) ?? 0) + 1);
  }
  for (const tier of tierNames)
    for (const customer of state.tiers[tier].customers.values())
      must(
        customer.running === (running.get(`${tier} ${customer.orgId}`) ?? 0),
        `${customer.orgId} is counted as running ${customer.running}`,
      );
}
