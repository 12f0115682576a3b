/** What a region asks of the one that guards its queue (core/federation/guardian.ts). Any instance answers. */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import {
  copiesAnswerSchema,
  copiesSchema,
  releasesAnswerSchema,
  releasesSchema,
  takenAnswerSchema,
  takenQuerySchema,
} from '@cellbook/shared/protocol/federation-api.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { jobRequestSchema, jobSpecSchema } from '../../db/job-spec.ts';
import { type Called, callerOf } from '../caller-of.ts';
import type { CopyBook, CopyOfJob } from './guard-store.ts';

export const guardPaths = {
  copies: '/federation/v1/copies',
  releases: '/federation/v1/releases',
  taken: '/federation/v1/taken',
};

const config = { open: true };

export function registerGuard(app: FastifyInstance, deps: Called & { book: CopyBook; log: Logger }): void {
  const { book, clock, regionId, log } = deps;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const schema = { hide: true };

  routes.post(
    guardPaths.copies,
    { config, bodyLimit: limits.federation.offerBytesMax, schema },
    async (request) => {
      const from = await callerOf(deps, request);
      const { epoch, jobs, isComplete } = copiesSchema.parse(request.body);
      const refused: JobId[] = [];
      const read = jobs.flatMap((told) => {
        try {
          return [readCopy(told)];
        } catch (error) {
          log.error(
            { err: error, jobId: told.jobId, from },
            'what another region tells of a job cannot be read',
          );
          refused.push(told.jobId);
          return [];
        }
      });
      // Where a job may not be, nothing of it is kept.
      const here = read.filter(({ content }) => content?.spec.regions?.includes(regionId) !== false);
      const missing = await book.copy(from, epoch, here, clock.nowMs());
      if (isComplete) await book.complete(from, epoch);
      return copiesAnswerSchema.parse({ missing, refused });
    },
  );

  routes.post(guardPaths.releases, { config, schema }, async (request) => {
    const from = await callerOf(deps, request);
    const { epoch, jobs } = releasesSchema.parse(request.body);
    return releasesAnswerSchema.parse(await book.release(from, epoch, jobs, clock.nowMs()));
  });

  routes.get(
    guardPaths.taken,
    { config, schema: { ...schema, querystring: takenQuerySchema } },
    async (request) => {
      const from = await callerOf(deps, request);
      const { epoch, of, after } = request.query;
      const { takenPerPage } = limits.federation;
      // In this order: what is done before the list is read is all in it.
      const isDone = (await book.doneEpoch(from)) >= epoch;
      const jobs = await book.taken(from, of, after, takenPerPage);
      const next = jobs.length === takenPerPage ? (jobs.at(-1) ?? null) : null;
      return takenAnswerSchema.parse({ isDone, jobs, next });
    },
  );
}

function readCopy({ content, ...told }: ReturnType<typeof copiesSchema.parse>['jobs'][number]): CopyOfJob {
  if (!content) return told;
  const spec = jobSpecSchema.parse(content.spec);
  const jobId: JobId = told.jobId;
  if (spec.jobId !== jobId) throw new Error(`a copy of ${jobId} tells of ${spec.jobId}`);
  return { ...told, content: { spec, request: jobRequestSchema.parse(content.request) } };
}
