/** `POST /v1/jobs` and `POST /v1/jobs/batch`: acknowledged when what is acknowledged is stored. */
import { CellbookError, errorBody } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Job } from '@cellbook/shared/protocol/job.ts';
import { submitBatchSchema, submitJobSchema } from '@cellbook/shared/protocol/job-request.ts';
import { clientAddressHeader, type Principal } from '@cellbook/shared/protocol/principal.ts';
import { jobQuotasOf } from '@cellbook/shared/protocol/quota.ts';
import { idempotencyKeyHeader, idempotencyKeySchema } from '@cellbook/shared/protocol/workspace-api.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { admit, type Entry } from '../admission/admit.ts';
import type { Asker } from '../admission/asked.ts';
import type { Verdict } from '../admission/decide-admission.ts';
import { recordOf } from '../admission/record-of.ts';
import { newJob } from '../records/fold-job.ts';
import { readViews } from '../records/read-views.ts';
import { needs } from './access/gate.ts';
import type { JobsDeps, JobsScope } from './jobs-deps.ts';
import { presentJob } from './present-job.ts';

const headersSchema = z.looseObject({ [idempotencyKeyHeader]: idempotencyKeySchema });

export function registerSubmitRoutes(app: JobsScope, deps: JobsDeps): void {
  const one = { body: submitJobSchema, headers: headersSchema };
  const { config } = needs('job.submit');
  const submits = { config: { ...config, sheds: true } };
  app.post('/v1/jobs', { schema: one, ...submits }, async (request, reply) => {
    const entry = { job: request.body, idempotencyKey: keyOf(request.headers) };
    const [verdict] = await submit(deps, request, [entry]);
    if (verdict?.kind === 'refused') throw verdict.error;
    const [job] = await present(deps, verdict ? [verdict] : []);
    return reply.code(202).header('location', `/v1/jobs/${job?.id}`).send(job);
  });
  const many = { body: submitBatchSchema, headers: headersSchema };
  const bodyLimit = limits.jobs.batchBodyBytesMax;
  app.post('/v1/jobs/batch', { schema: many, bodyLimit, ...submits }, async (request) => {
    const key = keyOf(request.headers);
    const entries = request.body.jobs.map(({ job, idempotencyKey }, index) => ({
      job: parsed(job, index),
      idempotencyKey: idempotencyKey ?? `${key}#${index}`,
    }));
    const verdicts = await submit(deps, request, entries);
    const jobs = await present(deps, verdicts);
    const results = verdicts.map((verdict, index) =>
      verdict.kind === 'refused' ? refusal(verdict.error) : { job: jobs[index] },
    );
    const refused = verdicts.filter(({ kind }) => kind === 'refused').length;
    return { accepted: verdicts.length - refused, refused, results };
  });
}

const keyOf = (headers: Record<string, unknown>): string =>
  idempotencyKeySchema.parse(headers[idempotencyKeyHeader]);

function submit(deps: JobsDeps, request: FastifyRequest, entries: readonly Entry[]): Promise<Verdict[]> {
  const { principal } = request;
  return admit(deps.admit, askerOf(request), jobQuotasOf(principal.tier, principal.quota), entries);
}

function askerOf({
  principal,
  headers,
}: {
  principal: Principal;
  headers: FastifyRequest['headers'];
}): Asker {
  const from = headers[clientAddressHeader];
  const { org: orgId, sub: userId, tier, cred, regions = null } = principal;
  return {
    ...{ orgId, userId, tier, regions, with: cred },
    from: typeof from === 'string' ? from.slice(0, 60) : '',
  };
}

/** One that does not fit refuses itself alone. */
function parsed(job: unknown, index: number): Entry['job'] {
  const result = submitJobSchema.safeParse(job);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return new CellbookError('bad_request', {
    doing: 'reading a job of a batch',
    problem: `jobs[${index}].job.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it does not fit'}`,
    next: 'Correct it and send it again; the others are not affected.',
    ids: { index },
  });
}

const refusal = (error: CellbookError) => ({
  error: errorBody(error),
  retryAfterSeconds: error.retryAfterMs === undefined ? null : Math.ceil(error.retryAfterMs / 1_000),
});

/** In the order of the verdicts. Of what was just stored everything is known; the rest is read. */
async function present(deps: JobsDeps, verdicts: readonly Verdict[]): Promise<(Job | undefined)[]> {
  const toRead = verdicts.flatMap((verdict) =>
    verdict.kind === 'refused' || isFresh(verdict) ? [] : [verdict.jobId],
  );
  const found = await deps.store.findBrief(toRead);
  const read = await readViews(
    { records: deps.store, log: deps.region.log, state: () => deps.region.state() },
    found,
  );
  const byId = new Map(read.map((viewed) => [viewed.record.jobId, presentJob(viewed, deps.regionId)]));
  return verdicts.map((verdict) => {
    if (verdict.kind === 'refused') return undefined;
    return isFresh(verdict) ? freshJob(deps, verdict) : byId.get(verdict.jobId);
  });
}

type Fresh = Extract<Verdict, { kind: 'stored' }>;
const isFresh = (verdict: Verdict): verdict is Fresh => verdict.kind === 'stored' && verdict.sameAs === null;

function freshJob({ regionId }: JobsDeps, { candidate }: Fresh): Job {
  const record = recordOf(candidate, null);
  return presentJob({ record, view: newJob(null), costMicros: null, result: null, seq: 0 }, regionId);
}
