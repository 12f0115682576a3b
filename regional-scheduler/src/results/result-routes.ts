/**
 * `GET /v1/jobs/{id}/result`: a signed address that expires; `GET /v1/results/…`: the bytes, to whoever has it. A result
 * never changes, so that its key is its ETag, and a range with If-Range goes on where it was broken off.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { jobIdSchema, regionIdSchema } from '@cellbook/shared/ids.ts';
import { resultQuerySchema } from '@cellbook/shared/protocol/jobs-api.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { needsOfJob, unseenJob } from '../api/access/gate.ts';
import type { JobsDeps, JobsScope } from '../api/jobs-deps.ts';
import { iso } from '../api/present-job.ts';
import { jobParams, viewOf } from '../api/read-routes.ts';
import { readViews, type Viewed } from '../records/read-views.ts';
import { nameOfResult, typeOfResult } from './name-of-result.ts';
import { rangeOf } from './range-of.ts';
import { checkSigned, signedUrl } from './signed-urls.ts';

const signedParams = z.object({ region: regionIdSchema, jobId: jobIdSchema, name: z.string().max(300) });
const signedQuery = z.object({
  expires: z.coerce.number().int().positive(),
  signature: z.string().min(1).max(100),
});

export function registerResultRoutes(app: JobsScope, deps: JobsDeps): void {
  const { store, region, regionId, keys, publicUrl, clock } = deps;
  app.get(
    '/v1/jobs/:jobId/result',
    { schema: { params: jobParams, querystring: resultQuerySchema }, ...needsOfJob('job.result') },
    async ({ principal, params, query }, reply) => {
      const viewed = await viewOf(deps, principal, params.jobId, 'job.result', reply);
      const { key, bytes, untilMs } = resultOf(viewed, clock.nowMs());
      const name = nameOfResult(key);
      const expires = Math.floor(Math.min(clock.nowMs() + query.seconds * 1_000, untilMs) / 1_000);
      const url = signedUrl(publicUrl, { region: regionId, jobId: params.jobId, name, expires }, keys);
      return { url, expiresAt: iso(expires * 1_000), bytes, name, contentType: typeOfResult(name) };
    },
  );
  app.get(
    '/v1/results/:region/:jobId/:name',
    { schema: { params: signedParams, querystring: signedQuery }, config: { open: true } },
    async (request, reply) => {
      const { params, query } = request;
      checkSigned({ ...params, expires: query.expires }, query.signature, keys, clock.nowMs());
      const [record] = await store.findBrief([params.jobId]);
      if (!record || params.region !== regionId) throw unseenJob(params.jobId);
      const [viewed] = await readViews({ records: store, log: region.log, state: () => region.state() }, [
        record,
      ]);
      if (!viewed) throw unseenJob(params.jobId);
      return send(deps, request, reply, resultOf(viewed, clock.nowMs()).key);
    },
  );
}

function resultOf({ record, view, result }: Viewed, nowMs: number) {
  const doing = `fetching the result of job ${record.jobId}`;
  if (result && result.untilMs > nowMs) return result;
  if (view.endedMs === null || (view.phase === 'succeeded' && record.end === null && record.sameAs === null))
    throw new CellbookError('conflict', {
      ...{ doing, problem: `it has not ended: it is ${view.phase}` },
      next: 'Follow GET /v1/jobs/{id}/events, or give it a webhook.',
      retryAfterMs: 2_000,
    });
  if (view.phase === 'succeeded')
    throw new CellbookError('gone', {
      ...{ doing, problem: 'the time for which it was kept is over' },
      next: 'Submit it again.',
    });
  throw new CellbookError('not_found', {
    ...{ doing, problem: `it left none: it is ${view.phase}${view.because ? ` (${view.because})` : ''}` },
    next: 'GET /v1/jobs/{id} and its logs say why.',
  });
}

async function send({ objects }: JobsDeps, request: FastifyRequest, reply: FastifyReply, key: string) {
  const bytes = await objects.size(key);
  const name = nameOfResult(key);
  if (bytes === null)
    throw new CellbookError('gone', {
      ...{ doing: 'fetching a result', problem: 'it is not there any more' },
      next: 'Submit the job again.',
    });
  const etag = `"${createHash('sha256').update(key).digest('base64url').slice(0, 27)}"`;
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'content-type': typeOfResult(name),
    'content-disposition': dispositionOf(name),
    'cache-control': 'private, max-age=3600, immutable',
    'x-content-type-options': 'nosniff',
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const ifRange = request.headers['if-range'];
  const isSame = ifRange === undefined || ifRange === etag;
  const range = isSame ? rangeOf(request.headers.range, bytes) : 'whole';
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${bytes}`);
    throw new CellbookError('range_refused', {
      ...{ doing: 'fetching a result', problem: `it has ${bytes} bytes, and none of the range` },
      next: 'Ask for a range within it, or for all.',
    });
  }
  const part = range === 'whole' ? null : range;
  if (part) reply.code(206).header('content-range', `bytes ${part.first}-${part.last}/${bytes}`);
  reply.header('content-length', part ? part.last - part.first + 1 : bytes);
  // As a stream: of a text its own length would be told.
  if (request.method === 'HEAD') return reply.send(Readable.from([]));
  const found = await objects.read(key, part ?? undefined);
  return reply.send(found?.stream);
}

/** RFC 6266: a plain name for old clients, the true one for the rest. */
const dispositionOf = (name: string): string =>
  `attachment; filename="${name.replace(/[^\w.-]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`;
