/** Of a request and who asks: the job as the scheduler will know it, and what is kept beside it. Pure. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import {
  type Durability,
  resourcesSchema,
  type SubmitJob,
  type Task,
} from '@cellbook/shared/protocol/job-request.ts';
import type { JobQuotas } from '@cellbook/shared/protocol/quota.ts';
import { featuresOf } from '../core/contain/features.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { JobRequest } from '../db/job-spec.ts';
import type { Subject } from '../predict/subject.ts';
import type { Asked, Asker, Candidate } from './asked.ts';
import { digestOf, fingerprintOf, reuseOf } from './fingerprint.ts';
import { reservedMicrosOf } from './price.ts';
import { regionsOf } from './regions-of.ts';
import { timesOf } from './times.ts';

export type Predict = (subject: Subject, jobId: JobId) => JobSpec['predicted'];

interface Around {
  jobId: JobId;
  /** The region that takes it in. */
  regionId: RegionId;
  nowMs: number;
  predict: Predict;
  quotas: JobQuotas;
  /** Of what says nothing of it. */
  durability: Durability;
}

export function candidateOf(
  { asker, job, idempotencyKey }: Asked,
  { jobId, regionId, nowMs, predict, quotas, durability }: Around,
): Candidate {
  const { kind, binary, prompt, parameters } = payloadOf(job.task);
  const times = timesOf(job, asker.tier, nowMs);
  const features = featuresOf({ kind, binary, prompt, parameters });
  const { gpus, skus = null, gpuMemoryMib, checkpoints } = job.resources ?? resourcesSchema.parse({});
  const { orgId, userId, tier } = asker;
  const predicted = predict({ orgId, kind, binary, gpus, features }, jobId);
  const spec: JobSpec = {
    ...{ jobId, orgId, userId, tier, kind, binary, features, gpus, skus, gpuMemoryMib, checkpoints },
    ...{ submittedMs: nowMs, ...times, attemptsMax: job.attempts, predicted },
    ...{ preemptible: job.preemptible, interactive: job.interactive },
    regions: regionsOf(job, asker.regions, regionId),
    reservedMicros: reservedMicrosOf(gpus, predicted, times.wallMsMax),
  };
  const reuse = reuseOf(job);
  const fingerprint = job.repeat === undefined ? fingerprintOf(orgId, job) : null;
  return {
    spec,
    request: requestOf({ ...job, durability: job.durability ?? durability }, asker, spec, {
      prompt,
      parameters,
      quotas,
    }),
    idempotencyKey,
    // The same request is the same, whatever the operator has changed since.
    bodyHash: digestOf({ durability: 'durable', ...job }),
    fingerprint,
    reuse: reuse === 'off' || fingerprint === null ? null : { fingerprint, joins: reuse === 'join' },
  };
}

/** What goes to the program. A notebook is a parameter of it, as its own parameters are. */
export function payloadOf(task: Task) {
  const { kind, binary } = task;
  if (kind !== 'notebook') return { kind, binary, prompt: task.prompt, parameters: task.parameters ?? {} };
  return {
    kind,
    binary,
    prompt: '',
    parameters: { notebook: task.notebook, parameters: task.parameters ?? {} },
  };
}

function requestOf(
  job: SubmitJob & { durability: Durability },
  asker: Asker,
  spec: JobSpec,
  { prompt, parameters, quotas }: Pick<JobRequest, 'prompt' | 'parameters'> & { quotas: JobQuotas },
): JobRequest {
  const { binary, gpus, skus, gpuMemoryMib, checkpoints, wallMsMax, notBeforeMs, deadlineMs } = spec;
  return {
    ...{ prompt, parameters },
    name: job.name ?? null,
    labels: job.labels ?? {},
    webhookUrl: job.webhook?.url ?? null,
    durability: job.durability,
    repeats:
      job.repeat === undefined
        ? null
        : { first: spec.jobId, run: 1, dueMs: notBeforeMs ?? spec.submittedMs, rule: job.repeat, quotas },
    shape: {
      ...{ binary, gpus, skus: skus === null ? null : [...skus], gpuMemoryMib, checkpoints },
      ...{ wallMs: wallMsMax, notBeforeMs, deadlineMs },
    },
    askedWith: asker.with,
    askedFrom: asker.from,
  };
}
