/**
 * What the core is measured on: 640 hosts of eight GPUs, four SKUs, 40 racks; 10,000 customers of three tiers, few of
 * them large; gangs of one to eight; 20 seconds to five minutes. The queue is kept as long as it is: for each job that
 * ends another comes.
 */
import {
  hostIdSchema,
  type JobId,
  type OrgId,
  orgIdSchema,
  type UserId,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { JobSpec } from '../../core/model/job.ts';

export const startMs = 1_750_000_000_000;
export const customers = 10_000;

const skus = [
  { sku: 'H100', gpuMemoryMib: 81_559, share: 0.4 },
  { sku: 'A100', gpuMemoryMib: 40_960, share: 0.3 },
  { sku: 'L40S', gpuMemoryMib: 46_068, share: 0.2 },
  { sku: 'L4', gpuMemoryMib: 23_034, share: 0.1 },
] as const;
const wishes = [null, null, null, ['H100'], ['H100', 'A100'], ['A100', 'L40S'], ['L40S', 'L4']] as const;
const prices = { H100: 2, A100: 1, L40S: 0.8, L4: 0.4 };

export function region(policy: Extract<SchedulerEvent, { type: 'policy_set' }>['policy']): SchedulerEvent[] {
  const atMs = startMs;
  const hosts = Array.from({ length: 640 }, (_, at): SchedulerEvent => {
    const { sku, gpuMemoryMib } = pick(skus, at / 640);
    const hostId = hostIdSchema.parse(`gpu-${String(at).padStart(4, '0')}`);
    const rack = `r${Math.floor(at / 16)}`;
    const host = { hostId, sku, rack, gpus: 8, gpuMemoryMib, generation: 1, unhealthy: [] };
    return { type: 'host_changed', atMs, host, phase: 'up', because: 'the benchmark begins' };
  });
  return [
    { type: 'term_began', atMs, epoch: 1 },
    { type: 'policy_set', atMs, policy: { ...policy, skuPrice: prices } },
    ...hosts,
  ];
}

export class JobSource {
  readonly #random: Random;
  readonly #orgs: OrgId[];
  readonly #users: UserId[];
  #made = 0;

  constructor(random: Random) {
    this.#random = random;
    const numbers = Array.from({ length: customers }, (_, at) => String(at).padStart(20, '0'));
    this.#orgs = numbers.map((number) => orgIdSchema.parse(`org-${number}`));
    this.#users = numbers.map((number) => userIdSchema.parse(`user-${number}`));
  }

  next(nowMs: number): JobSpec {
    const random = this.#random;
    // The square puts half of the jobs with a quarter of the customers.
    const customer = Math.floor(customers * random.float() ** 2);
    const p50Ms = Math.round(20_000 * 15 ** random.float());
    return {
      jobId: `job-${String(this.#made++).padStart(20, '0')}` as JobId,
      orgId: this.#orgs[customer]!,
      userId: this.#users[customer]!,
      tier: customer % 10 === 0 ? 'enterprise' : customer % 10 < 4 ? 'paid' : 'free',
      kind: 'video',
      binary: 'video-renderer',
      features: [`steps:${random.int(5) * 10}`, `resolution:${random.int(4)}`, `length:${random.int(6)}`],
      gpus: pick(widths, random.float()).gpus,
      skus: wishes[random.int(wishes.length)]!,
      gpuMemoryMib: [16_000, 22_000, 40_000][random.int(3)]!,
      submittedMs: nowMs,
      notBeforeMs: null,
      deadlineMs: random.float() < 0.1 ? nowMs + 86_400_000 : null,
      wallMsMax: 3_600_000,
      attemptsMax: 3,
      predicted: { p50Ms, p95Ms: Math.round(1.6 * p50Ms), seen: 40, model: 'chain-3' },
      preemptible: random.float() < 0.9,
      checkpoints: true,
      interactive: random.float() < 0.02,
      regions: null,
      reservedMicros: p50Ms * 3,
    };
  }

  /** How long it really runs. */
  runMs(spec: Pick<JobSpec, 'predicted'>): number {
    return Math.round(spec.predicted.p50Ms * (0.6 + 0.9 * this.#random.float()));
  }
}

const widths = [
  { gpus: 1, share: 0.7 },
  { gpus: 2, share: 0.15 },
  { gpus: 4, share: 0.1 },
  { gpus: 8, share: 0.05 },
];

function pick<One extends { share: number }>(from: readonly One[], at: number): One {
  let sum = 0;
  for (const one of from) {
    sum += one.share;
    if (at < sum) return one;
  }
  return from.at(-1)!;
}
