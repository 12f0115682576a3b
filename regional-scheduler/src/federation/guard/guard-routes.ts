/** What a region asks of the one that guards its queue (core/federation/guardian.ts). Any instance answers. */

import { CellbookError } from '@cellbook/shared/errors.ts';
import { type JobId, jobIdSchema, type RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import {
  copiesAnswerSchema,
  copiesSchema,
  copySchema,
  releaseSchema,
  releasesAnswerSchema,
  releasesSchema,
  takenAnswerSchema,
  takenQuerySchema,
} from '@cellbook/shared/protocol/federation-api.ts';
import { whyNotStorable } from '@cellbook/shared/storable.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jobRequestSchema, jobSpecSchema } from '../../db/job-spec.ts';
import { type Called, callerOf } from '../caller-of.ts';
import type { Unread } from '../federation-metrics.ts';
import type { CopyBook, CopyOfJob } from './guard-store.ts';

export const guardPaths = {
  copies: '/federation/v1/copies',
  releases: '/federation/v1/releases',
  taken: '/federation/v1/taken',
};

const config = { open: true };

export interface GuardRoutesDeps extends Called {
  book: CopyBook;
  /** A message, or one entry of it, that could not be read. */
  unread(from: RegionId, what: Unread): void;
  log: Logger;
}

export function registerGuard(app: FastifyInstance, deps: GuardRoutesDeps): void {
  const { book, clock, regionId } = deps;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const schema = { hide: true };

  routes.post(
    guardPaths.copies,
    { config, bodyLimit: limits.federation.offerBytesMax, schema },
    async (request) => {
      const from = await callerOf(deps, request);
      const { epoch, jobs, isComplete } = readMessage(deps, from, copiesSchema, request.body);
      const { read, refused } = readEach(deps, from, jobs, readCopy);
      // Where a job may not be, nothing of it is kept.
      const here = read.filter(({ content }) => content?.spec.regions?.includes(regionId) !== false);
      const missing = await book.copy(from, epoch, here, clock.nowMs());
      if (isComplete) await book.complete(from, epoch);
      return copiesAnswerSchema.parse({ missing, refused });
    },
  );

  routes.post(guardPaths.releases, { config, schema }, async (request) => {
    const from = await callerOf(deps, request);
    const { epoch, jobs } = readMessage(deps, from, releasesSchema, request.body);
    const { read, refused: unread } = readEach(deps, from, jobs, (told) => releaseSchema.parse(told));
    const answer = await book.release(from, epoch, read, clock.nowMs());
    return releasesAnswerSchema.parse({ ...answer, unread });
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

/** Refused for good, and as the caller's: it is not to send it again as it is. */
function readMessage<Message>(
  { unread }: GuardRoutesDeps,
  from: RegionId,
  schema: z.ZodType<Message>,
  body: unknown,
): Message {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  unread(from, 'message');
  throw new CellbookError('bad_request', {
    doing: `reading what region ${from} tells of its queue`,
    problem: z.prettifyError(read.error).slice(0, problemCharsMax),
    next: 'Bring both regions to the same version.',
    ids: { region: from },
  });
}

const problemCharsMax = 300;

/** One that cannot be read, as from a later version, keeps none of the others. */
function readEach<Read>(
  { unread, log }: GuardRoutesDeps,
  from: RegionId,
  jobs: readonly unknown[],
  readOne: (told: unknown) => Read,
): { read: Read[]; refused: JobId[] } {
  const [read, refused]: [Read[], JobId[]] = [[], []];
  for (const told of jobs)
    try {
      read.push(readOne(told));
    } catch (error) {
      const named = z.object({ jobId: jobIdSchema }).safeParse(told);
      const jobId = named.success ? named.data.jobId : null;
      log.error({ err: error, jobId, from }, 'what another region tells of a job cannot be read');
      unread(from, 'job');
      if (jobId !== null) refused.push(jobId);
    }
  return { read, refused };
}

function readCopy(told: unknown): CopyOfJob {
  const { content, ...about } = copySchema.parse(told);
  if (!content) return about;
  const spec = jobSpecSchema.parse(content.spec);
  const { jobId } = about;
  const whole = { spec, request: jobRequestSchema.parse(content.request) };
  const unstorable = whyNotStorable(whole);
  if (spec.jobId !== jobId || unstorable !== null)
    throw new CellbookError('bad_request', {
      doing: `reading a copy of ${jobId}`,
      problem: unstorable?.problem ?? `it tells of ${spec.jobId}`,
      ids: { jobId },
    });
  return { ...about, content: whole };
}
