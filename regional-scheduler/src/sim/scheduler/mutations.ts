/** Faults that are put into the core or the shells around it, to show that the simulation finds them. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { RegionPolicy } from '../../core/model/policy.ts';
import type { Core } from './core.ts';
import { type TroubleName, troubleNames } from './trouble.ts';

/** Each with the kind of trouble in which it does harm soonest. */
const faults = {
  'log without fence': 'partitions',
  'answers before the commit': 'none',
  'new leader does not wait': 'partitions',
  'silence is judged too soon': 'partitions',
  'agent outstays its lease': 'partitions',
  'agent starts again what has ended': 'none',
  'gang placed in part': 'none',
  'ceilings ignored': 'none',
  'preemption cap ignored': 'none',
  'minimum runtime ignored': 'none',
  'jobs forgotten': 'none',
  'admitted beyond the cap': 'none',
  'limits of customers ignored': 'none',
  'states drift apart': 'none',
  'GPUs left idle': 'none',
  'guardian is not asked': 'regions',
  'guardian takes what was let go': 'regions',
} as const satisfies Record<string, TroubleName>;

export type Mutation = keyof typeof faults;
export const mutations = Object.keys(faults) as Mutation[];

/** A seed of its kind of trouble: the `number`th. */
export function seedFor(mutation: Mutation, number: number): number {
  return troubleNames.indexOf(faults[mutation]) + number * troubleNames.length;
}

export function mutatedCore(core: Core, mutation: Mutation | null): Core {
  switch (mutation) {
    case 'gang placed in part':
      return applying(core, (event) =>
        event.type === 'job_placed' && event.devices.length > 2
          ? { ...event, devices: event.devices.slice(1) }
          : event,
      );
    case 'ceilings ignored':
      return withPolicy(core, (policy) => ({
        ...policy,
        tiers: {
          free: { ...policy.tiers.free, ceilingShare: 1 },
          paid: { ...policy.tiers.paid, ceilingShare: 1 },
          enterprise: policy.tiers.enterprise,
        },
      }));
    case 'preemption cap ignored':
      return withPolicy(core, (policy) => ({
        ...policy,
        preemption: { ...policy.preemption, perJobMax: 1_000 },
      }));
    case 'minimum runtime ignored':
      return withPolicy(core, (policy) => ({ ...policy, preemption: { ...policy.preemption, ranMsMin: 0 } }));
    case 'limits of customers ignored':
      return changing(core, (event) =>
        event.type === 'customer_set' ? { ...event, runningMax: null } : event,
      );
    case 'jobs forgotten':
      return forgetful(core);
    case 'states drift apart':
      return drifting(core);
    case 'GPUs left idle':
      return {
        ...core,
        decide: (state, nowMs, random) => (isIdle(nowMs) ? [] : core.decide(state, nowMs, random)),
      };
    default:
      return core;
  }
}

/** What is decided is committed otherwise than decided. */
function applying(core: Core, change: (event: SchedulerEvent) => SchedulerEvent): Core {
  return {
    ...core,
    decide: (state, nowMs, random) => core.decide(state, nowMs, random).map(change),
  };
}

function withPolicy(core: Core, change: (policy: RegionPolicy) => RegionPolicy): Core {
  return changing(core, (event) =>
    event.type === 'policy_set' ? { ...event, policy: change(event.policy) } : event,
  );
}

/** What comes in is taken in otherwise, and so is what is rebuilt; on record it is as it was. */
function changing(core: Core, changed: (event: SchedulerEvent) => SchedulerEvent): Core {
  return {
    ...core,
    apply: (state, event) => (core.apply(state, changed(event)).length > 0 ? [event] : []),
    rebuild: (events) => core.rebuild(events.map(changed)),
  };
}

/** Every second ten seconds nothing is decided. */
const isIdle = (nowMs: number): boolean => Math.floor(nowMs / 10_000) % 2 === 1;

/** Every 20th job is placed in memory, and nobody is told. */
function forgetful(core: Core): Core {
  const isLost = (jobId: JobId) => jobId.charCodeAt(8) % 20 === 0;
  const isKept = (event: SchedulerEvent) => event.type !== 'job_placed' || !isLost(event.jobId);
  return { ...core, decide: (state, nowMs, random) => core.decide(state, nowMs, random).filter(isKept) };
}

/** What a checkpoint saved is not in what is rebuilt. */
function drifting(core: Core): Core {
  return {
    ...core,
    rebuild: (events) => core.rebuild(events.filter(({ type }) => type !== 'attempt_saved')),
  };
}
