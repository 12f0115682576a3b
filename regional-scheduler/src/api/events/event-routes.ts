/** `GET /v1/jobs/{id}/events`. */
import type { ServerResponse } from 'node:http';
import { responseSink } from '@cellbook/shared/http/response-sink.ts';
import type { JobId, RegionId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { jobIdOf } from '../../records/fold-job.ts';
import type { Viewed } from '../../records/read-views.ts';
import { needsOfJob } from '../access/gate.ts';
import type { JobsDeps, JobsScope } from '../jobs-deps.ts';
import { iso, presentJob } from '../present-job.ts';
import { jobParams, viewOf } from '../read-routes.ts';
import { JobEventStream } from './job-event-stream.ts';
import { StreamPlaces } from './stream-places.ts';

const headersSchema = z.looseObject({ 'last-event-id': z.string().max(100).optional() });

export function registerEventRoutes(app: JobsScope, deps: JobsDeps): void {
  const { regionId } = deps;
  const streams = openStreams(deps);
  app.addHook('preClose', async () => streams.endAll());
  const schema = { params: jobParams, headers: headersSchema };
  app.get(
    '/v1/jobs/:jobId/events',
    { schema, ...needsOfJob('job.read') },
    async ({ principal, params, headers, method }, reply) => {
      const viewed = await viewOf(deps, principal, params.jobId, 'job.read', reply);
      const after = afterOf(headers['last-event-id'], regionId);
      if (method === 'HEAD') return reply.headers(streamHeaders).send('');
      if (viewed.view.endedMs !== null) {
        const left = await leftOf(deps, viewed, after);
        if (left === 'nothing') return reply.code(204).send();
        if (left === 'the end') return reply.headers(streamHeaders).send(lastEvent(viewed, regionId));
      }
      streams.assertRoom(principal.sub);
      reply.hijack();
      if (reply.raw.destroyed) return;
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.raw.writeHead(200, streamHeaders);
      streams.open(principal.sub, reply.raw, viewed, after === 'end' ? 0 : after);
    },
  );
}

/** Of one that has ended. Its events may have gone with their partition: how it ended is told as one, once more. */
async function leftOf(
  { region }: JobsDeps,
  { record }: Viewed,
  after: number | 'end',
): Promise<'nothing' | 'the end' | 'events'> {
  if (after === 'end') return 'nothing';
  // It has left the one whose events these are.
  const isLeft = record.sameAs !== null && record.end !== null;
  if (after === 0 || isLeft) return 'the end';
  const jobId = record.sameAs ?? record.jobId;
  const last = (await region.log.eventsOf([jobId])).at(-1);
  if (!last) return 'the end';
  return last.seq > after ? 'events' : 'nothing';
}

/** Ids are of one region: one of another says nothing about this log. */
function afterOf(lastEventId: string | undefined, regionId: RegionId): number | 'end' {
  const [region, seq = ''] = lastEventId?.split(':') ?? [];
  if (region !== regionId) return 0;
  return seq === 'end' ? 'end' : Number.parseInt(seq, 10) || 0;
}

const lastEvent = (viewed: Viewed, regionId: RegionId): string => {
  const data = { job: presentJob(viewed, regionId), what: 'job_ended', at: iso(viewed.view.endedMs ?? 0) };
  return `retry: 2000\n\nid: ${regionId}:end\nevent: job\ndata: ${JSON.stringify(data)}\n\n`;
};

function openStreams({ region, regionId, clock, log, logs }: JobsDeps) {
  const byJob = new Map<JobId, Set<JobEventStream>>();
  const places = new StreamPlaces();
  const { eventBufferBytesMax: bufferBytesMax, eventCutMs: cutMs } = limits.jobs;
  const sinkOf = (response: ServerResponse) => responseSink(response, clock, { bufferBytesMax, cutMs });
  region.follow((committed) => {
    for (const { event } of committed) {
      const jobId = jobIdOf(event);
      if (jobId !== null) for (const stream of byJob.get(jobId) ?? []) stream.hint();
    }
  });
  return {
    assertRoom: (userId: UserId): void => places.assertRoom(userId),
    open(userId: UserId, response: ServerResponse, viewed: Viewed, afterSeq: number): void {
      const jobId = viewed.record.sameAs ?? viewed.record.jobId;
      const stream = new JobEventStream({
        ...{ log: region.log, clock, regionId, viewed, jobId, afterSeq, sink: sinkOf(response) },
        progressOf: async (attemptId) => (await logs.live([attemptId])).get(attemptId)?.progress ?? null,
        onFailure: (error) =>
          log.warn({ err: error, jobId }, 'an event stream failed; its client comes back'),
      });
      byJob.set(jobId, (byJob.get(jobId) ?? new Set()).add(stream));
      places.take(userId);
      const ending = clock.setTimer(limits.jobs.eventStreamMsMax, () => stream.end());
      response.once('close', () => {
        ending.cancel();
        stream.end();
        places.leave(userId);
        byJob.get(jobId)?.delete(stream);
        if (byJob.get(jobId)?.size === 0) byJob.delete(jobId);
      });
    },
    endAll(): void {
      for (const all of byJob.values()) for (const stream of all) stream.end();
    },
  };
}

const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};
