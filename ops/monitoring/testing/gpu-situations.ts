/** Situations of a GPU region: as situations.ts has them of cells. */
import { type Cause, grows, type Promised, stays } from './series.ts';

const metric = (name: string, labels: Record<string, string | number> = {}, region = 'eu'): string => {
  const all = Object.entries({ region, ...labels }).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${all.join(',')}}`;
};
const s = (name: string, labels: Record<string, string | number> = {}, region?: string): string =>
  metric(`cellbook_scheduler_${name}`, labels, region);
const a = (name: string, labels: Record<string, string | number> = {}): string =>
  metric(`cellbook_gpu_agent_${name}`, { host: 'gpu-eu-a', ...labels });

const lateStarts = (tier: string, alert: string): Promised => ({
  alert,
  series: (good, bad, times) => ({
    [s('job_starts_total', { tier, in_time: 'yes' }, `late-${tier}`)]: grows(good, times),
    [s('job_starts_total', { tier, in_time: 'no' }, `late-${tier}`)]: grows(bad, times),
  }),
  ...{ fast: [1, 10], slow: [10, 2], fine: [100, 2] },
});

const http = (region: string, labels: Record<string, string | number>, name = 'count') =>
  s(`http_request_seconds_${name}`, labels, region);
const reading = { method: 'GET', route: '/v1/jobs/:jobId' };
const handingIn = { method: 'POST', route: '/v1/jobs', status: 202 };

export const gpuPromised: readonly Promised[] = [
  lateStarts('enterprise', 'GpuEnterpriseLate'),
  lateStarts('paid', 'GpuPaidLate'),
  lateStarts('free', 'GpuFreeLate'),
  {
    alert: 'GpuApiErrors',
    series: (good, bad, times) => ({
      [http('failing', { ...reading, status: 200 })]: grows(good, times),
      [http('failing', { ...reading, status: 503 })]: grows(bad, times),
    }),
    ...{ fast: [100, 5], slow: [1000, 2], fine: [2000, 1] },
  },
  {
    alert: 'GpuAckSlow',
    series: (good, bad, times) => ({
      [http('slow', handingIn)]: grows(good + bad, times),
      [http('slow', { ...handingIn, le: 0.2 }, 'bucket')]: grows(good, times),
    }),
    ...{ fast: [100, 30], slow: [1000, 20], fine: [1000, 5] },
  },
];

const tier = 'paid';
const oldest = (seconds: string) => ({
  [s('queue_oldest_seconds', { tier })]: seconds,
  [s('start_target_seconds', { tier })]: stays(600, 30),
});
const shares = (held: number, owed: number) => ({
  [s('tier_gpus', { tier, what: 'held' })]: stays(held, 30),
  [s('tier_gpus', { tier, what: 'owed' })]: stays(owed, 30),
});
const preempted = (by: number, cause: string, placed: number) => ({
  [s('preemptions_total', { tier: 'free', cause })]: grows(by, 30),
  [s('jobs_placed_total', { tier })]: grows(placed, 30),
});
const refused = (outcome: string, by: number, of = tier) => ({
  [s('submissions_total', { tier: of, outcome })]: grows(by, 30),
});
const hosts = (silent: number, up: number) => ({
  [s('hosts', { phase: 'silent' })]: stays(silent, 30),
  [s('hosts', { phase: 'up' })]: stays(up, 30),
});
const appends = (inTime: number, all: number) => ({
  [s('append_seconds_bucket', { outcome: 'ok', le: 0.1 })]: grows(inTime, 30),
  [s('append_seconds_bucket', { outcome: 'ok', le: 1 })]: grows(all, 30),
  [s('append_seconds_bucket', { outcome: 'ok', le: '+Inf' })]: grows(all, 30),
});
const disk = (free: number) => ({
  [s('disk_bytes', { holds: 'data', what: 'free' })]: stays(free, 30),
  [s('disk_bytes', { holds: 'data', what: 'size' })]: stays(100, 30),
});
const agentDisk = (free: number) => ({
  [a('disk_bytes', { what: 'free' })]: stays(free, 30),
  [a('disk_bytes', { what: 'size' })]: stays(100, 30),
});
const misheard = (trouble: string, by: number) => ({
  [s('guardian_misheard_total', { trouble })]: grows(by, 30),
});
const webhooks = (by: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(by).map(([outcome, each]) => [s('webhook_tries_total', { outcome }), grows(each, 30)]),
  );
const organisations = (reached: number, missed: number) => ({
  [s('webhook_organisations_total', { outcome: 'reached' })]: grows(reached, 30),
  [s('webhook_organisations_total', { outcome: 'missed' })]: grows(missed, 30),
});
const judged = (held: number, passed: number) => ({
  [s('predictions_judged_total', { middle: 'within', bound: 'held' })]: grows(held, 30),
  [s('predictions_judged_total', { middle: 'longer', bound: 'passed' })]: grows(passed, 30),
});
const leads = (instance: string, values: string) => ({ [s('leads', { instance })]: values });
const upOf = (job: string, values: string) => ({ [metric('up', { job, host: 'gpu-eu-a' })]: values });

/** Each over half an hour. */
export const gpuCauseTable: Cause[] = [
  ['GpuLeaderless', 'no instance leads', { ...leads('a', stays(0, 30)), ...leads('b', stays(0, 30)) }],
  [null, 'another instance has taken over', { ...leads('a', '1x20 0x9'), ...leads('b', '0x20 1x9') }],
  ['GpuLeaderChanges', 'epochs come and go', { [s('epoch', { instance: 'a' })]: '1+1x30' }],
  [null, 'a scheduler was restarted twice', { [s('epoch', { instance: 'a' })]: '4x9 5x9 6x10' }],
  [
    'GpuQueueStuck',
    'nothing is placed',
    { ...oldest('0+120x30'), [s('jobs_placed_total', { tier })]: stays(7, 30) },
  ],
  [
    null,
    'much waits, and much is placed',
    { ...oldest('0+120x30'), [s('jobs_placed_total', { tier })]: grows(1, 30) },
  ],
  [null, 'little comes', { ...oldest(stays(0, 30)), [s('jobs_placed_total', { tier })]: stays(7, 30) }],
  ['GpuShedding', 'paid jobs are turned away', refused('capacity_exhausted', 5)],
  [null, 'free ones are, as is meant', refused('capacity_exhausted', 50, 'free')],
  ['GpuFloorStarved', 'a tier below its floor waits', shares(2, 4)],
  [null, 'what is left to its floor is less than a GPU', shares(1, 1.6)],
  [null, 'a tier wants less than its floor', shares(2, 2)],
  ['GpuPreemptionStorm', 'most starts stop somebody', preempted(4, 'priority', 5)],
  [null, 'many start, and some stop others', preempted(4, 'priority', 40)],
  [null, 'hosts are drained for an update', preempted(4, 'host', 5)],
  ['GpuSpillsUnanswered', 'another region does not answer', { [s('spill_oldest_seconds')]: '0+60x30' }],
  [
    null,
    'jobs are handed over all the time',
    { [s('jobs', { phase: 'spilling' })]: stays(3, 30), [s('spill_oldest_seconds')]: stays(12, 30) },
  ],
  ['GpuQueueNotCopied', 'the guardian cannot read a job', { [s('copies_refused_total')]: '0x20 1x9' }],
  ['GpuQueueNotCopied', 'what it answers is unreadable', misheard('unreadable', 1)],
  [
    'GpuQueueNotCopied',
    'what is told here is unreadable',
    {
      [s('copies_unread_total', { from: 'us', what: 'job' })]: '0x20 1x9',
      [s('copies_unread_total', { from: 'us', what: 'message' })]: stays(0, 30),
    },
  ],
  [
    null,
    'it answered strangely once',
    { [s('guardian_misheard_total', { trouble: 'refused' })]: '0x20 1x9' },
  ],
  ['GpuQueueUnguarded', 'no other region guards it', { [s('queue_unguarded')]: stays(1, 30) }],
  [null, 'another guardian is looked for', { [s('queue_unguarded')]: '0x20 1x3 0x9' }],
  ['GpuWebhooksFail', 'nothing gets out', organisations(0, 0.25)],
  [null, 'some receivers do not answer', organisations(0.25, 1)],
  [
    null,
    'the receiver of one with very many jobs does not',
    { ...organisations(0, 0.1), ...webhooks({ delivered: 0, failed: 100 }) },
  ],
  [
    'GpuWebhooksLate',
    'nobody sends them',
    { [s('webhook_overdue_seconds')]: '0+60x30', ...webhooks({ delivered: 0 }) },
  ],
  [
    null,
    'a slow receiver keeps those behind it',
    { [s('webhook_overdue_seconds')]: '0+60x30', ...webhooks({ delivered: 0, failed: 2 }) },
  ],
  [null, 'a burst is sent', { [s('webhook_overdue_seconds')]: '0 120 240 300 60 0x25' }],
  ['GpuWebhooksGivenUp', 'receivers are away for hours', webhooks({ delivered: 5, given_up: 1 })],
  [null, 'one was', webhooks({ delivered: 5, given_up: 0 })],
  ['GpuDeadLetters', 'a program crashes', { [s('dead_letters_total', { class: 'crashed' })]: grows(1, 30) }],
  [null, 'a job was given up', { [s('dead_letters_total', { class: 'crashed' })]: '0x20 1x9' }],
  ['GpuClassContained', 'a class hangs', { [s('limited_classes', { limit: 'refused' })]: '0x20 1x9' }],
  [null, 'one is watched', { [s('limited_classes', { limit: 'throttled' })]: stays(1, 30) }],
  [
    'GpuVersionRolledBack',
    'a new version fails',
    { [s('rollout_steps_total', { step: 'rolled_back' })]: '0x20 1x9' },
  ],
  [null, 'a new version goes on', { [s('rollout_steps_total', { step: 'advanced' })]: '0x20 1x9' }],
  [
    'GpuHostsQuarantined',
    'a host fails what others do',
    { [s('hosts', { phase: 'quarantined' })]: '0x20 1x9' },
  ],
  ['GpuDevicesIll', 'a GPU has fallen off the bus', { [a('ill_devices', { cause: 'xid' })]: stays(1, 30) }],
  [null, 'all are well', { [a('ill_devices', { cause: 'xid' })]: stays(0, 30) }],
  ['GpuEndsSetAside', 'an end cannot be kept', { [s('ends_set_aside_total')]: '0x20 1x9' }],
  ['GpuHostsSilent', 'one host is not heard', hosts(1, 20)],
  [['GpuHostsSilent', 'GpuRegionSilent'], 'a rack has lost its switch', hosts(5, 15)],
  [null, 'all are heard', hosts(0, 20)],
  ['GpuLeasesExpire', 'what ran is given up', { [s('lease_expiries_total')]: grows(1, 30) }],
  [null, 'one was', { [s('lease_expiries_total')]: '0x20 1x9' }],
  ['GpuAgentUnanswered', 'no scheduler answers a host', { [a('unanswered_seconds')]: '0+60x30' }],
  [null, 'it is answered now and then', { [a('unanswered_seconds')]: stays(20, 30) }],
  ['GpuAgentDown', 'an agent is stopped', upOf('cellbook-gpu-agent', '1x15 0x15')],
  [null, 'one was restarted', upOf('cellbook-gpu-agent', '1x15 0x2 1x13')],
  ['GpuAgentsUnwatched', 'nobody scrapes the hosts', upOf('cellbook-scheduler', stays(1, 30))],
  [
    null,
    'somebody does',
    { ...upOf('cellbook-scheduler', stays(1, 30)), ...upOf('cellbook-gpu-agent', stays(1, 30)) },
  ],
  [
    'ProgramDown',
    'a scheduler does not answer',
    { ...upOf('cellbook-scheduler', '1x20 0x9'), ...upOf('cellbook-gpu-agent', stays(1, 30)) },
  ],
  ['GpuLogSlow', 'the disk of Postgres is slow', appends(5, 10)],
  [null, 'one commit in a thousand is', appends(999, 1000)],
  [
    'GpuLogFails',
    'Postgres is away',
    { [s('append_seconds_count', { outcome: 'store_unavailable' })]: grows(1, 30) },
  ],
  [
    null,
    'an old leader was refused',
    { [s('append_seconds_count', { outcome: 'stale_epoch' })]: grows(1, 30) },
  ],
  ['GpuDiskShort', 'the record’s disk is nearly full', disk(6)],
  ['GpuDiskShort', 'a host’s disk is nearly full', agentDisk(6)],
  [null, 'disks have room', { ...disk(30), ...agentDisk(30) }],
  [
    'GpuUploadsFail',
    'the object store is away',
    { [http('eu', { method: 'PUT', route: '/agent/v1/objects/*', status: 503 })]: grows(3, 30) },
  ],
  [
    null,
    'a result is brought twice',
    { [http('eu', { method: 'PUT', route: '/agent/v1/objects/*', status: 409 })]: grows(3, 30) },
  ],
  ['GpuRatesDegraded', 'Redis is away', { [s('rates_degraded_total')]: grows(5, 30) }],
  [
    'GpuPredictionsDrift',
    'jobs run longer than they did',
    { [s('prediction_news_total', { type: 'drifted' })]: '0x20 1x9' },
  ],
  [null, 'a model was trained', { [s('prediction_news_total', { type: 'trained' })]: '0x20 1x9' }],
  ['GpuSpendRefused', 'caps are reached', refused('spend_cap_reached', 3)],
  [
    null,
    'one customer tries again',
    { [s('submissions_total', { tier, outcome: 'spend_cap_reached' })]: '0x20 5x9' },
  ],
  [null, 'predictions hold', judged(95, 5)],
];

const spend = (values: string) => ({ [s('spend_micros_total', { tier })]: values });
const hour = 12;

/** Each over three days, a value every five minutes. */
export const gpuDays: Cause[] = [
  [
    'GpuSpendJumps',
    'this hour costs ten times yesterday’s',
    spend(`0+1000000x${74 * hour} ${864_000_000 + 24_000_000}+20000000x${hour}`),
  ],
  [null, 'it costs what it did', spend(`0+20000000x${75 * hour}`)],
  [
    'GpuBoundsPassed',
    'one job in four runs past its bound',
    {
      [s('predictions_judged_total', { middle: 'within', bound: 'held' })]: grows(30, 75 * hour),
      [s('predictions_judged_total', { middle: 'longer', bound: 'passed' })]: grows(10, 75 * hour),
    },
  ],
  [
    null,
    'all of too few jobs do',
    { [s('predictions_judged_total', { middle: 'longer', bound: 'passed' })]: grows(1, 75 * hour) },
  ],
];
