/** A region under load for the benchmark: hosts of eight GPUs, and jobs of many customers, by a seed. */
import {
  hostIdSchema,
  newJobId,
  type OrgId,
  orgIdSchema,
  type UserId,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { JobSpec } from '../../core/model/job.ts';

const body = (number: number): string => String(number).padStart(20, '0');
const orgOf = (number: number): OrgId => orgIdSchema.parse(`org-${body(number)}`);
const userOf = (number: number): UserId => userIdSchema.parse(`user-${body(number)}`);

export function* hostsUp(gpus: number, atMs: number): Generator<SchedulerEvent> {
  for (let number = 0; number < gpus / 8; number++) {
    const host = {
      hostId: hostIdSchema.parse(`host-${number}`),
      sku: number % 4 === 0 ? 'A100' : 'H100',
      rack: `rack-${Math.floor(number / 8)}`,
      ...{ gpus: 8, gpuMemoryMib: 81_559, generation: 1, unhealthy: [] },
    };
    yield { type: 'host_changed', atMs, host, phase: 'up', because: 'the benchmark begins' };
  }
}

/** Half enterprise and paid, half free; mostly one GPU, as traces of video services have it. */
export function* drawJobs(
  count: number,
  customers: number,
  atMs: number,
  random: Random,
): Generator<JobSpec> {
  const people = Array.from({ length: customers }, (_, number) => ({
    orgId: orgOf(number),
    userId: userOf(number),
    tier: (['free', 'paid', 'free', 'enterprise'] as const)[number % 4] ?? 'free',
  }));
  for (let number = 0; number < count; number++) {
    const p50Ms = 30_000 * Math.exp(3 * random.float());
    yield {
      ...people[random.int(customers)]!,
      ...{
        jobId: newJobId(random),
        kind: 'video',
        binary: 'video-renderer',
        features: [`steps:${random.int(5)}`],
      },
      gpus: [1, 1, 1, 1, 1, 1, 2, 2, 4, 8][random.int(10)] ?? 1,
      ...{
        skus: null,
        gpuMemoryMib: 40_000,
        submittedMs: atMs + number,
        notBeforeMs: null,
        deadlineMs: null,
      },
      ...{ wallMsMax: 3_600_000, attemptsMax: 3, preemptible: true, checkpoints: true, interactive: false },
      predicted: { p50Ms, p95Ms: 2 * p50Ms, seen: 10, model: 'bench' },
      ...{ regions: null, reservedMicros: 0 },
    };
  }
}
