/**
 * `GET /v1/usage`: what is used now of what one may, and with `from` what was used since (usage/read-usage.ts). For
 * several cells the edge asks each and adds up what was used.
 */
import type { Relation } from '@cellbook/shared/access/access.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import {
  type Metered,
  type UsageQuery,
  usageAnswerSchema,
  usageQuerySchema,
} from '@cellbook/shared/protocol/usage-api.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WorkspaceQuotas } from '../../quotas/quota-guard.ts';
import { presentRows } from '../../usage/present-usage.ts';
import type { UsageAsked, UsagePiece } from '../../usage/read-usage.ts';
import { mayAlso, needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';

export interface UsageRouteDeps {
  quotas: WorkspaceQuotas;
  readUsage(asked: UsageAsked): Promise<UsagePiece[]>;
  clock: { nowMs(): number };
}

const ofSchema = z.object({ of: usageQuerySchema.shape.of.catch('me') });

/** What is asked for decides who may ask; what is malformed is refused behind the gate. */
const usedBy = ({ query }: FastifyRequest): Relation =>
  (({ me: 'own', organisation: 'org', platform: 'foreign' }) as const)[ofSchema.parse(query).of];

export function registerUsage(app: ApiScope, deps: UsageRouteDeps): void {
  const schema = {
    operationId: 'getUsage',
    summary:
      'What you and your organisation use of what you may; of the organisation in all cells, as they last told. With `from`, what was used since',
    tags: ['usage'],
    querystring: usageQuerySchema,
    response: { 200: usageAnswerSchema },
  };
  app.get('/v1/usage', { schema, ...needs('workspace.list', usedBy) }, async ({ principal, query }) => {
    const { sub: ownerId, org: orgId, tier, at } = principal;
    const tenant = { ownerId, orgId, tier };
    const { quotas } = deps;
    const { user, organisation } = await (at === undefined ? quotas.usage(tenant) : quotas.usageHere(tenant));
    const metered = query.from === undefined ? undefined : await meter(deps, principal, query, query.from);
    const maySee = at === undefined && mayAlso(principal, 'org.read', 'org');
    return { user, organisation: maySee ? organisation : null, ...(metered && { metered }) };
  });
}

async function meter(
  { readUsage, clock }: UsageRouteDeps,
  principal: Principal,
  { to, by, group, of }: UsageQuery,
  from: string,
): Promise<Metered> {
  const fromMs = Date.parse(from);
  const toMs = to === undefined ? null : Date.parse(to);
  const untilMs = Math.min(toMs ?? Number.POSITIVE_INFINITY, clock.nowMs());
  if (toMs !== null && toMs <= fromMs)
    throw refused('its end is not after its begin', 'Ask for a later end.');
  const pieces = await readUsage({ ...whose(principal, of), fromMs, toMs, by, group });
  if (pieces.length > limits.usage.piecesMax)
    throw refused(
      'it is too much for one answer',
      'Ask for a shorter time, longer steps (`by=month`, `by=total`), or larger groups (`group=user`, `group=team`).',
    );
  const until = new Date(Math.max(fromMs, untilMs)).toISOString();
  return {
    from: new Date(fromMs).toISOString(),
    to: until,
    ...{ by, group, rows: presentRows(pieces), missing: [] },
  };
}

function whose({ sub, org }: Principal, of: UsageQuery['of']): Pick<UsageAsked, 'ownerId' | 'orgId'> {
  if (of === 'platform') return {};
  return of === 'organisation' ? { orgId: org } : { ownerId: sub, orgId: org };
}

const refused = (problem: string, next: string): CellbookError =>
  new CellbookError('bad_request', { doing: 'reading what was used', problem, next });
