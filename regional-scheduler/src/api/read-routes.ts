/** `GET /v1/jobs`, `/v1/jobs/{id}`, `/v1/jobs/{id}/logs`, `/v1/jobs/queue`, and `POST /v1/jobs/{id}/cancel`. */
import { decide } from '@cellbook/shared/access/access.ts';
import type { Permission } from '@cellbook/shared/access/permissions.ts';
import { refusalOf } from '@cellbook/shared/access/refusal.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type JobId, jobIdSchema } from '@cellbook/shared/ids.ts';
import { jobListQuerySchema, jobRegionHeader } from '@cellbook/shared/protocol/jobs-api.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { readViews, type Viewed } from '../records/read-views.ts';
import { mayOn, needs, needsOfJob, relationTo } from './access/gate.ts';
import { afterOf, cursorOf } from './cursors.ts';
import { detailsOf } from './details-of.ts';
import type { JobsDeps, JobsScope } from './jobs-deps.ts';
import { withLive } from './logs/with-live.ts';
import { isoOrNull, presentJob } from './present-job.ts';
import { isInState } from './states.ts';

export const jobParams = z.object({ jobId: jobIdSchema });

export function registerReadRoutes(app: JobsScope, deps: JobsDeps): void {
  const { store, regionId, region, clock } = deps;
  const read = { records: store, log: region.log, state: () => region.state() };

  app.get(
    '/v1/jobs',
    { schema: { querystring: jobListQuerySchema }, ...needs('job.list') },
    async ({ principal, query }) => {
      if (query.of === 'organisation') assertMay(principal, 'job.list', 'org');
      const [name = '', value = ''] = query.label?.split(/=(.*)/s) ?? [];
      const records = await store.list({
        ...{ orgId: principal.org, userId: query.of === 'me' ? principal.sub : null },
        ...{ kind: query.kind ?? null, label: query.label === undefined ? null : { name, value } },
        sinceMs: query.since === undefined ? null : Date.parse(query.since),
        after: query.cursor === undefined ? null : afterOf(query.cursor),
        countMax: query.limit + 1,
      });
      const page = records.slice(0, query.limit);
      const last = records.length > query.limit ? page.at(-1) : undefined;
      const viewed = await readViews(read, page);
      const shown = viewed.filter(({ view }) => isInState(view.phase, query.state));
      return {
        jobs: shown.map((one) => presentJob(one, regionId)),
        nextCursor: last ? cursorOf(last) : null,
      };
    },
  );

  app.get(
    '/v1/jobs/:jobId',
    { schema: { params: jobParams }, ...needsOfJob('job.read') },
    async ({ principal, params }, reply) => {
      const found = await viewOf(deps, principal, params.jobId, 'job.read', reply);
      const viewed = await withLive(deps.logs, found);
      const { record } = viewed;
      const state = region.state();
      const delivery = record.request.webhookUrl === null ? null : await deps.outbox.ofJob(params.jobId);
      const showsContent = decide(principal, 'job.result', relationTo(record, principal)).allowed;
      // What has another's result asks the same as that one.
      const [whole] = showsContent ? await store.find([record.sameAs ?? record.jobId]) : [];
      const content = whole?.request ?? null;
      return detailsOf({ viewed, regionId, state, delivery, content, nowMs: clock.nowMs() });
    },
  );

  app.get(
    '/v1/jobs/:jobId/logs',
    { schema: { params: jobParams }, ...needsOfJob('job.result') },
    async ({ principal, params }, reply) => {
      const { record, view } = await viewOf(deps, principal, params.jobId, 'job.result', reply);
      const tails = await deps.logs.read(
        record.jobId,
        view.attempts.map(({ attemptId }) => attemptId),
      );
      return {
        attempts: view.attempts.map(({ attemptId }, index) => {
          const tail = tails.get(attemptId);
          return {
            id: attemptId,
            number: index + 1,
            tail: tail?.tail ?? '',
            at: isoOrNull(tail?.atMs ?? null),
          };
        }),
      };
    },
  );

  app.post(
    '/v1/jobs/:jobId/cancel',
    { schema: { params: jobParams }, ...needsOfJob('job.operate') },
    async ({ principal, params }, reply) => {
      const before = await viewOf(deps, principal, params.jobId, 'job.operate', reply);
      if (before.view.endedMs === null && !before.record.cancelAsked) {
        await store.askCancel(params.jobId, principal.sub, clock.nowMs());
        region.wake();
      }
      const [record] = await store.findBrief([params.jobId]);
      const [viewed] = await readViews(read, record ? [record] : []);
      return reply.code(202).send(presentJob(viewed ?? before, regionId));
    },
  );
}

function assertMay(principal: Principal, permission: Permission, relation: 'org'): void {
  const decision = decide(principal, permission, relation);
  if (!decision.allowed) throw refusalOf({ caller: principal, permission, because: decision.because });
}

/** Of a job that has gone to another region the answer is 421 with that region: the edge asks there. */
export async function viewOf(
  { store, region }: Pick<JobsDeps, 'store' | 'region'>,
  principal: Principal,
  jobId: JobId,
  permission: Permission,
  reply: FastifyReply,
): Promise<Viewed> {
  const [found] = await store.findBrief([jobId]);
  const record = mayOn(found, jobId, principal, permission);
  const [viewed] = await readViews({ records: store, log: region.log, state: () => region.state() }, [
    record,
  ]);
  if (!viewed) throw new Error(`${jobId} has no view`);
  const { phase, spill } = viewed.view;
  if (phase !== 'spilled' || !spill) return viewed;
  reply.header(jobRegionHeader, spill.to);
  throw new CellbookError('misdirected', {
    doing: `looking for job ${jobId}`,
    problem: `it was handed over to region ${spill.to}`,
    next: 'Ask through the edge, which asks there.',
    ids: { jobId, region: spill.to },
  });
}
