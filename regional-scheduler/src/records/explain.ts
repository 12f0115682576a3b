/**
 * Why a job does not run yet, where it stands and when it may start, worked out from the scheduler's state as it is.
 * Pure and cheap: it looks at the job's own customer and at one number of each other customer, never at every job.
 *
 * Customers of a tier are served by tags (start-time fair queueing). A job's turn comes when its customer's tag has
 * grown by the work of what he has in line before it; until then each other customer gets what his own tag is behind
 * that, as far as he has work. What a person waits in front of has its head start (queue/shape-class.ts), also before the
 * customer's own batch jobs. So many jobs and so much work are ahead of it. More may come, and a larger job may be
 * passed by: what is said is true of the moment.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { PendingReason, QueuePlace } from '@cellbook/shared/protocol/job.ts';
import type { Host } from '../core/fleet/host.ts';
import type { Row } from '../core/jobs/job-table.ts';
import { hasVersion, versionToRun } from '../core/place/find-place.ts';
import type { Customer } from '../core/queue/line.ts';
import { interactiveAheadMs, type ShapeClass } from '../core/queue/shape-class.ts';
import type { TierQueue } from '../core/queue/tier-queue.ts';
import type { SchedulerState } from '../core/state.ts';

export interface Explained {
  reasons: PendingReason[];
  place: Omit<QueuePlace, 'at'>;
  /** Until it starts, as likely less as more; null: nothing runs that could make room. */
  waitMs: number | null;
}

/** Null: it does not wait in a line, as far as this state knows. */
export function explain(state: SchedulerState, jobId: JobId): Explained | null {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined || state.jobs.phaseOf(row) !== 'queued') return null;
  const { tier, gpus } = state.jobs.templateOf(row);
  const orgId = state.jobs.orgOf(row);
  const queue = state.tiers[tier];
  const customer = queue.customer(orgId);
  const shape = queue.shapeOf(row, customer);
  const own = aheadOfOwn(state, row, customer);
  const ahead = aheadOf(queue, customer, own, shape.interactive ? interactiveAheadMs : 0);
  return {
    reasons: reasonsOf(state, { row, customer, shape, gpus, ahead: ahead.jobs }),
    place: {
      ...{ position: ahead.jobs + 1, of: Math.max(queue.queued, ahead.jobs + 1), tier, settled: false },
      positionInOrganisation: own.jobs + 1,
      ofOrganisation: Math.max(customer.queued, own.jobs + 1),
    },
    waitMs: waitMsOf(state, queue, ahead.work),
  };
}

interface Ahead {
  jobs: number;
  /** GPU-milliseconds. */
  work: number;
}

/** In the customer's own lines; of more than are looked at the rest is taken to be like these. */
function aheadOfOwn({ jobs }: SchedulerState, row: Row, customer: Customer): Ahead {
  const isWaitedFor = (one: Row): boolean => jobs.templateOf(one).interactive;
  const isBefore = (other: Row): boolean =>
    isWaitedFor(other) === isWaitedFor(row) ? isSooner(other) : isWaitedFor(other);
  const isSooner = (other: Row): boolean =>
    jobs.key[other]! < jobs.key[row]! ||
    (jobs.key[other]! === jobs.key[row]! && jobs.sequence[other]! < jobs.sequence[row]!);
  const found: Ahead = { jobs: 0, work: 0 };
  let looked = 0;
  for (const line of customer.lines)
    for (const other of line.jobs) {
      if (looked >= limits.jobs.explainRowsMax) break;
      looked++;
      if (other === row || !isBefore(other)) continue;
      found.jobs++;
      found.work += jobs.p50Ms[other]! * jobs.templateOf(other).gpus;
    }
  const scale = looked === 0 ? 1 : Math.max(1, customer.queued / looked);
  return { jobs: Math.round(found.jobs * scale), work: found.work * scale };
}

function aheadOf(queue: TierQueue, customer: Customer, own: Ahead, headStartMs: number): Ahead {
  const turn = customer.tag + own.work / customer.weight - headStartMs;
  const all = { ...own };
  for (const other of queue.customers.values()) {
    if (other === customer || other.queued === 0 || other.tag >= turn) continue;
    const work = Math.min(other.queuedWork, (turn - other.tag) * other.weight);
    all.work += work;
    all.jobs += other.queuedWork === 0 ? 0 : Math.ceil((other.queued * work) / other.queuedWork);
  }
  return all;
}

/** What the tier gets of the GPUs: what it holds, and its floor where that is more. */
export function gpusOf({ policy, fleet }: SchedulerState, { tier, heldMilli }: TierQueue): number {
  return Math.max(heldMilli, policy.tiers[tier].floorShare * fleet.capacityMilli) / 1_000;
}

function waitMsOf(state: SchedulerState, queue: TierQueue, work: number): number | null {
  const gpus = gpusOf(state, queue);
  return gpus === 0 ? null : work / gpus;
}

function reasonsOf(
  state: SchedulerState,
  {
    row,
    customer,
    shape,
    gpus,
    ahead,
  }: { row: Row; customer: Customer; shape: ShapeClass; gpus: number; ahead: number },
): PendingReason[] {
  const hosts = [...state.fleet.hosts.values()].filter(
    ({ kind, spec }) => shape.kinds.includes(kind) && spec.gpus >= gpus,
  );
  const lacking = versionThatAllLack(state, row, hosts);
  if (lacking !== null) return [{ code: 'no_such_hardware', problem: `no host has ${lacking} yet` }];
  if (hosts.length === 0)
    return [
      {
        code: 'no_such_hardware',
        problem: `no host of this region has ${gpus} GPUs of a model and memory that the job asks for; it waits until one comes up, or goes to another region`,
      },
    ];
  const reasons: PendingReason[] = [];
  const { running, runningMax } = customer;
  if (runningMax !== null && running >= runningMax)
    reasons.push({ code: 'organisation_at_limit', running, limit: runningMax });
  if (shape.parked === 'room') reasons.push({ code: 'no_room', gpus, fitting: hosts.length });
  reasons.push({ code: 'turn', ahead });
  return reasons;
}

/** `binary@version`; null: one of them at least has it, or does not tell. */
function versionThatAllLack(state: SchedulerState, row: Row, hosts: readonly Host[]): string | null {
  const version = versionToRun(state, row);
  if (version === null || hosts.length === 0 || hosts.some((host) => hasVersion(state, row, host)))
    return null;
  return version;
}
