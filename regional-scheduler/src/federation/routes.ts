/** What other regions ask of this one (core/federation/handoff.ts). Any instance answers: the record is Postgres'. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type CapBegins,
  capBeginsSchema,
  capBegunSchema,
  handoffAnswerSchema,
  handoffOfferSchema,
  handoffParamsSchema,
  regionStatusSchema,
  withdrawalQuerySchema,
} from '@cellbook/shared/protocol/federation-api.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { SubmissionStore } from '../admission/submission-store.ts';
import { answerOffer, answerWithdrawal } from '../core/federation/handoff.ts';
import { refusalOf } from '../core/federation/spill.ts';
import { jobRequestSchema, jobSpecSchema } from '../db/job-spec.ts';
import type { Region } from '../region.ts';
import { callerOf } from './caller-of.ts';
import type { HandoffStore } from './handoff-store.ts';
import { ownNothing } from './own-nothing.ts';
import { spillJobOf, statusOf } from './region-status.ts';

export interface FederationRoutesDeps {
  regionId: RegionId;
  secret: string;
  region: Pick<Region, 'state' | 'wake'>;
  handoffs: HandoffStore;
  submissions: Pick<SubmissionStore, 'askCancel'>;
  clock: Clock;
  /** Tells the edge what a user has used here of a cap that is one over regions from now on. */
  capBegins(of: CapBegins): Promise<void>;
  /** Throws where the region's database is not reached. */
  seesDatabase(): Promise<void>;
}

const path = '/federation/v1/handoffs/:jobId/:handoff';
export const capBeginsPath = '/federation/v1/caps';
const open = { open: true };

export function registerFederation(app: FastifyInstance, deps: FederationRoutesDeps): void {
  const { regionId, region, handoffs, submissions, clock } = deps;
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.put(
    path,
    {
      config: open,
      bodyLimit: limits.federation.offerBytesMax,
      schema: { params: handoffParamsSchema, hide: true },
    },
    async (request) => {
      const from = await callerOf(deps, request);
      const { offeredMs, ...offered } = handoffOfferSchema.parse(request.body);
      // Before anything is answered for good: what cannot be read is not taken.
      const spec = jobSpecSchema.parse(offered.spec);
      const candidate = { spec, request: jobRequestSchema.parse(offered.request), ...ownNothing };
      const key = { ...request.params, from };
      const nowMs = clock.nowMs();
      const isOther = spec.jobId !== key.jobId ? 'it is another job than its address says' : null;
      const here = statusOf(regionId, region.state(), nowMs);
      const refusal = isOther ?? refusalOf({ job: spillJobOf(spec), from }, here);
      const first = answerOffer(await handoffs.find(key), { offeredMs, nowMs, refusal });
      const answer = await handoffs.settle(key, first, nowMs, candidate);
      if (answer.taken) region.wake();
      return handoffAnswerSchema.parse(answer);
    },
  );

  routes.delete(
    path,
    { config: open, schema: { params: handoffParamsSchema, querystring: withdrawalQuerySchema, hide: true } },
    async (request) => {
      const key = { ...request.params, from: await callerOf(deps, request) };
      const { cancelledBy } = request.query;
      const answer = await handoffs.settle(key, answerWithdrawal(null), clock.nowMs(), null);
      if (answer.taken && cancelledBy) {
        await submissions.askCancel(key.jobId, cancelledBy, clock.nowMs());
        region.wake();
      }
      return handoffAnswerSchema.parse(answer);
    },
  );

  routes.post(capBeginsPath, { config: open, schema: { hide: true } }, async (request) => {
    await callerOf(deps, request);
    await deps.capBegins(capBeginsSchema.parse(request.body));
    return capBegunSchema.parse({});
  });

  routes.get('/federation/v1/status', { config: open, schema: { hide: true } }, async (request) => {
    await callerOf(deps, request);
    await deps.seesDatabase();
    return regionStatusSchema.parse(statusOf(regionId, region.state(), clock.nowMs()));
  });
}
