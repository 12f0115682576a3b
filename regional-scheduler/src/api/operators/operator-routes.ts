/**
 * `/v1/gpu/{region}/…`: what operators see and set. Any instance answers: it reads its own copy of the state, and writes
 * a wish into `asks`, with who it was, that whoever leads takes in. A wish is given with what the copy knows of its host;
 * what has changed meanwhile the host's next report says again.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { hostIdSchema, orgIdSchema } from '@cellbook/shared/ids.ts';
import {
  classOrderSchema,
  customerOrderSchema,
  hostOrderSchema,
  hostOrders,
} from '@cellbook/shared/protocol/gpu-region-api.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { HostPhase } from '../../core/model/host.ts';
import type { SchedulerState } from '../../core/state.ts';
import { needsOfPlatform } from '../access/gate.ts';
import type { JobsDeps, JobsScope } from '../jobs-deps.ts';
import { containedOf, customersOf, hostsOf } from './present-region.ts';

const ofRegion = z.object({ region: z.string().max(60) });
const ofHost = ofRegion.extend({ hostId: hostIdSchema });
const ofCustomer = ofRegion.extend({ orgId: orgIdSchema });

const phaseOf: Record<(typeof hostOrders)[number], HostPhase> = {
  quarantine: 'quarantined',
  release: 'up',
  drain: 'draining',
};

type OperatorDeps = Pick<JobsDeps, 'regionId' | 'region' | 'clock'>;

export function registerOperatorRoutes(app: JobsScope, deps: OperatorDeps): void {
  const { regionId: region } = deps;
  const root = '/v1/gpu/:region';
  const seen = needsOfPlatform('gpu.read');
  const managed = needsOfPlatform('gpu.manage');
  app.get(`${root}/hosts`, { schema: { params: ofRegion }, ...seen }, async ({ params }) => {
    const state = stateOf(deps, params.region);
    return { region, hosts: hostsOf(state) };
  });
  app.get(`${root}/contained`, { schema: { params: ofRegion }, ...seen }, async ({ params }) => ({
    region,
    ...containedOf(stateOf(deps, params.region)),
  }));
  app.get(`${root}/customers`, { schema: { params: ofRegion }, ...seen }, async ({ params }) => ({
    region,
    customers: customersOf(stateOf(deps, params.region)),
  }));
  for (const order of hostOrders)
    app.post(
      `${root}/hosts/:hostId/${order}`,
      { schema: { params: ofHost, body: hostOrderSchema }, ...managed },
      async ({ params, body, principal }, reply) => {
        const host = stateOf(deps, params.region).fleet.hosts.get(params.hostId);
        if (!host) throw noSuchHost(params.hostId);
        const { sub: operator } = principal;
        const wish = { type: 'host_changed', atMs: deps.clock.nowMs(), host: host.spec } as const;
        await ask(deps, principal, { ...wish, phase: phaseOf[order], because: body.because, operator });
        return reply.code(202).send({ region, accepted: true });
      },
    );
  app.put(
    `${root}/classes`,
    { schema: { params: ofRegion, body: classOrderSchema }, ...managed },
    async ({ params, body, principal }, reply) => {
      assertHere(deps, params.region);
      const { feature, limit, because } = body;
      await ask(deps, principal, {
        type: 'class_limited',
        atMs: deps.clock.nowMs(),
        feature,
        limit,
        because,
      });
      return reply.code(202).send({ region, accepted: true });
    },
  );
  app.put(
    `${root}/customers/:orgId`,
    { schema: { params: ofCustomer, body: customerOrderSchema }, ...managed },
    async ({ params, body, principal }, reply) => {
      assertHere(deps, params.region);
      await ask(deps, principal, {
        ...{ type: 'customer_set', atMs: deps.clock.nowMs(), orgId: params.orgId, ...body },
      });
      return reply.code(202).send({ region, accepted: true });
    },
  );
}

async function ask({ region }: OperatorDeps, { sub }: Principal, event: SchedulerEvent): Promise<void> {
  await region.ask(event, `operator ${sub}`);
}

/** Of another region nothing is known here. */
function assertHere({ regionId }: OperatorDeps, asked: string): void {
  if (asked === regionId) return;
  throw new CellbookError('not_found', {
    doing: `looking for region ${asked}`,
    problem: `this scheduler is that of ${regionId}`,
    next: 'Name the region whose GPUs you mean.',
  });
}

function stateOf(deps: OperatorDeps, asked: string): SchedulerState {
  assertHere(deps, asked);
  const state = deps.region.state();
  if (state) return state;
  throw new CellbookError('store_unavailable', {
    doing: `reading the state of region ${asked}`,
    problem: 'this instance has not folded it yet',
    next: 'Ask again in a moment.',
    retryAfterMs: 1_000,
  });
}

const noSuchHost = (hostId: string): CellbookError =>
  new CellbookError('not_found', {
    doing: `looking for host ${hostId}`,
    problem: 'the region has no such host',
    next: 'cellbook gpu hosts lists them.',
    ids: { hostId },
  });
