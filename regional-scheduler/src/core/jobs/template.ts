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

export function templateKey(template: Omit<JobTemplate, 'model'>, model: string): string {
  const { tier, gpus, gpuMemoryMib, wallMsMax, attemptsMax, kind, binary, skus, regions } = template;
  const flags =
    (template.preemptible ? 1 : 0) |
    (template.checkpoints ? 2 : 0) |
    (template.interactive ? 4 : 0) |
    (skus ? 8 : 0) |
    (regions ? 16 : 0);
  return `${tier}|${gpus}|${gpuMemoryMib}|${wallMsMax}|${attemptsMax}|${flags}|${kind}|${binary}|${model}|${skus?.join()}|${regions?.join()}`;
}
