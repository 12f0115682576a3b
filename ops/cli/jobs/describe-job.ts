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

export function describeJob(job: JobDetails): string[] {
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
    ...job.tries.map(
      (one) =>
        `attempt ${one.number} on ${one.host}: ${one.failed ? `${one.failed.class} (${one.failed.detail})` : (one.outcome ?? 'under way')}`,
    ),
    ...(result
      ? [`result: ${result.name}, ${result.bytes} bytes, until ${minute(result.fetchableUntil)}`]
      : []),
  ];
}

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
