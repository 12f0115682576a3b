/** A job for a person. */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { Job, PendingReason } from '@cellbook/shared/protocol/job.ts';
import type { paths } from '../../clients/typescript/schema.d.ts';

type JobDetails = paths['/v1/jobs/{jobId}']['get']['responses'][200]['content']['application/json'];

const minute = (at: string | null): string => at?.slice(0, 16).replace('T', ' ') ?? '';

export const jobHeadings = ['id', 'name', 'kind', 'phase', 'progress', 'submitted', 'region', 'because'];
type Listed = Pick<Job, 'name' | 'kind' | 'phase' | 'progress' | 'submittedAt' | 'because'> & {
  id: string;
  region: string;
};
export const jobRow = (job: Listed): string[] => [
  job.id,
  job.name ?? '',
  job.kind,
  job.phase,
  job.progress === null ? '' : `${Math.round(job.progress * 100)} %`,
  minute(job.submittedAt),
  job.region,
  job.because ?? '',
];

type Described = Pick<
  JobDetails,
  | 'id'
  | 'phase'
  | 'because'
  | 'kind'
  | 'binary'
  | 'region'
  | 'tier'
  | 'pending'
  | 'queue'
  | 'predictedStart'
  | 'prompt'
  | 'parameters'
  | 'tries'
  | 'result'
> & { resources: { gpus: number } };

export function describeJob(job: Described): string[] {
  const { queue, predictedStart, result } = job;
  return [
    `${job.id}  ${job.phase}${job.because ? `: ${job.because}` : ''}`,
    `${job.kind} with ${job.binary} on ${job.resources.gpus} GPU(s) in ${job.region}, tier ${job.tier}`,
    ...(job.pending as PendingReason[]).map((reason) => `waits: ${reasonText(reason)}`),
    ...(queue
      ? [
          `place ${queue.position} of ${queue.of} in the tier, ${queue.positionInOrganisation} of ${queue.ofOrganisation} in your organisation`,
        ]
      : []),
    ...(predictedStart
      ? [`may start ${minute(predictedStart.likely)}, at the latest ${minute(predictedStart.latest)}`]
      : []),
    ...askedFor(job),
    ...job.tries.map((one) => attemptText(job.binary, one)),
    ...(result
      ? [`result: ${result.name}, ${result.bytes} bytes, until ${minute(result.fetchableUntil)}`]
      : []),
    ...(job.phase === 'succeeded' && !result ? ['its result is kept no longer'] : []),
    ...(job.tries.some(({ failed }) => failed)
      ? [`what its attempts wrote last: cellbook jobs logs ${job.id}`]
      : []),
  ];
}

/** What it was to do, to judge it by; nothing where one may see the job and not what is in it. */
function askedFor({ prompt, parameters }: Pick<JobDetails, 'prompt' | 'parameters'>): string[] {
  const given = JSON.stringify(parameters ?? {});
  return [
    ...(prompt ? [`prompt: ${shortened(prompt)}`] : []),
    ...(given === '{}' ? [] : [`parameters: ${shortened(given)}`]),
  ];
}

const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 300 ? `${line.slice(0, 299).toWellFormed()}…` : line;
};

function attemptText(binary: string, one: JobDetails['tries'][number]): string {
  const { number, host, version, failed, outcome, ranMs, savedMs } = one;
  const ran = ranMs === null ? '' : ` after ${seconds(ranMs)}`;
  const saved = savedMs > 0 ? `, ${seconds(savedMs)} of the job saved` : '';
  const end = failed ? `${failed.class}${ran} (${failed.detail})` : `${outcome ?? 'under way'}${ran}`;
  return `attempt ${number} on ${host} with ${binary}@${version}: ${end}${saved}`;
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

function reasonText(reason: PendingReason): string {
  switch (reason.code) {
    case 'not_taken_up':
      return reason.leaderless
        ? 'no scheduler leads at present; nothing is lost'
        : 'it is about to be looked at';
    case 'not_before':
      return `until ${minute(reason.until)}`;
    case 'retry':
      return `until ${minute(reason.until)}, after ${reason.failed}`;
    case 'class_limited':
    case 'no_such_hardware':
      return reason.problem;
    case 'no_room':
      return `${reason.fitting} hosts could hold ${reason.gpus} GPUs, and none has room`;
    case 'organisation_at_limit':
      return `your organisation runs ${reason.running} of ${reason.limit}`;
    case 'turn':
      return `${reason.ahead} jobs have their turn before it`;
    case 'moving':
      return `it is being handed over to ${reason.to}`;
    default:
      return assertNever(reason);
  }
}
