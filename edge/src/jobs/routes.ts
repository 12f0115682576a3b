/**
 * GPU jobs: described and guarded here, done by the scheduler of the region where the caller lives (or where whom he has
 * addressed lives), which judges each job by itself. The bytes of results are anybody's who has their signed address,
 * which names the region that made it.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { jobDetailsSchema, jobSchema } from '@cellbook/shared/protocol/job.ts';
import { describedBatchSchema, submitJobSchema } from '@cellbook/shared/protocol/job-request.ts';
import {
  batchAnswerSchema,
  jobListQuerySchema,
  jobListSchema,
  jobLogSchema,
  jobResultSchema,
  queueAnswerSchema,
  resultQuerySchema,
  webhookKeySchema,
} from '@cellbook/shared/protocol/jobs-api.ts';
import type { Ask } from '../ask.ts';
import { askedRegions, assertRegion } from '../asked-region.ts';
import { clientAddressOf } from '../client-address.ts';
import type { Description, EdgeRoute, GuardedRoute, OpenRoute } from '../edge-route.ts';
import { addressedBy } from '../hosts/addressed.ts';
import { policyOf, searchWithoutToken } from '../hosts/forwarding.ts';
import type { Identity } from '../identity/identity.ts';

const path = '/v1/jobs';
const job = `${path}/:jobId`;

export const jobRoutes: readonly EdgeRoute[] = [
  route('POST', path, 'job.submit', {
    ...{ id: 'submitJob', summary: 'Hand a job in: acknowledged at once, and kept', status: 202 },
    ...{ body: submitJobSchema, answers: jobSchema },
  }),
  route('POST', `${path}/batch`, 'job.submit', {
    ...{ id: 'submitJobs', summary: 'Hand thousands in at once; each has its own answer', status: 200 },
    ...{ body: describedBatchSchema, answers: batchAnswerSchema },
  }),
  route('GET', path, 'job.list', {
    ...{
      id: 'listJobs',
      summary: 'Your jobs, or everybody’s in your organisation, newest first',
      status: 200,
    },
    ...{ query: jobListQuerySchema, answers: jobListSchema },
  }),
  route('GET', `${path}/queue`, 'job.list', {
    ...{ id: 'getJobQueue', summary: 'Where your organisation stands: jobs, spend, waiting', status: 200 },
    answers: queueAnswerSchema,
  }),
  route('GET', `${path}/webhook-key`, 'job.submit', {
    ...{ id: 'getWebhookKey', summary: 'The key that your organisation checks webhooks with', status: 200 },
    answers: webhookKeySchema,
  }),
  route('GET', job, 'job.read', {
    ...{ id: 'getJob', summary: 'One job: phase, attempts, why it waits, where it stands', status: 200 },
    answers: jobDetailsSchema,
  }),
  route('POST', `${job}/cancel`, 'job.operate', {
    ...{ id: 'cancelJob', summary: 'Ask that it stops, wherever it is', status: 202, answers: jobSchema },
  }),
  route('GET', `${job}/logs`, 'job.result', {
    ...{ id: 'getJobLogs', summary: 'The last lines of each attempt', status: 200, answers: jobLogSchema },
  }),
  route('GET', `${job}/events`, 'job.read', {
    ...{
      id: 'followJob',
      summary: 'The job as it changes, as server-sent events',
      status: 200,
      answers: null,
    },
  }),
  route('GET', `${job}/result`, 'job.result', {
    ...{ id: 'getJobResult', summary: 'A signed address of its result that expires', status: 200 },
    ...{ query: resultQuerySchema, answers: jobResultSchema },
  }),
  {
    ...{ method: 'GET', path: '/v1/results/:region/:jobId/:name' },
    open: 'the signature in its address is the permission, which the scheduler checks',
    answer: ({ ask, params }) => forwardTo(ask, null, params.region ?? ''),
  } satisfies OpenRoute,
];

function route(
  method: GuardedRoute['method'],
  at: string,
  permission: GuardedRoute['permission'],
  describes: Description,
): GuardedRoute {
  const answer: GuardedRoute['answer'] = async ({ ask, identity }) =>
    forwardTo(ask, identity, await regionOf(ask, identity));
  return { method, path: at, permission, about: 'caller', describes, answer };
}

async function regionOf(ask: Ask, identity: Identity): Promise<string> {
  const at = await addressedBy(ask, identity);
  if (at && 'cell' in at)
    throw new CellbookError('bad_request', {
      ...{ doing: 'asking for GPU jobs', problem: 'they are in no cell' },
      next: 'Name a user to ask the scheduler of his region.',
    });
  if (at) return at.region;
  await assertRegion(ask, identity);
  return identity.region;
}

export async function forwardTo(ask: Ask, identity: Identity | null, region: string): Promise<Response> {
  const { edge, request, requestId, defer, url } = ask;
  const policy = identity && (await policyOf(ask, identity));
  const target = url.pathname + searchWithoutToken(url);
  const staysIn = askedRegions(ask).length > 0;
  const forwarded = { request, identity, requestId, defer, target, clientAddress: clientAddressOf(ask) };
  return edge.forwardJobs({ ...forwarded, staysIn, ...(policy && { policy }) }, region);
}
