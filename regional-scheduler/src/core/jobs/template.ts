/** What many jobs have in common: all of a job but its id, its user and organisation, its features, its times and its numbers. */
import type { JobSpec } from '../model/job.ts';

type Own =
  | 'jobId'
  | 'orgId'
  | 'userId'
  | 'features'
  | 'submittedMs'
  | 'notBeforeMs'
  | 'deadlineMs'
  | 'predicted'
  | 'reservedMicros';
export type JobTemplate = Omit<JobSpec, Own> & { model: string };

export function templateOf(spec: JobSpec): JobTemplate {
  return {
    tier: spec.tier,
    kind: spec.kind,
    binary: spec.binary,
    gpus: spec.gpus,
    skus: spec.skus,
    gpuMemoryMib: spec.gpuMemoryMib,
    wallMsMax: spec.wallMsMax,
    attemptsMax: spec.attemptsMax,
    preemptible: spec.preemptible,
    checkpoints: spec.checkpoints,
    interactive: spec.interactive,
    regions: spec.regions,
    model: spec.predicted.model,
  };
}

export function templateKey(spec: JobSpec): string {
  const flags =
    (spec.preemptible ? 1 : 0) |
    (spec.checkpoints ? 2 : 0) |
    (spec.interactive ? 4 : 0) |
    (spec.skus ? 8 : 0) |
    (spec.regions ? 16 : 0);
  return `${spec.tier}|${spec.gpus}|${spec.gpuMemoryMib}|${spec.wallMsMax}|${spec.attemptsMax}|${flags}|${spec.kind}|${spec.binary}|${spec.predicted.model}|${spec.skus?.join()}|${spec.regions?.join()}`;
}
