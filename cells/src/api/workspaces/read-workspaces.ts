import type { Relation } from '@cellbook/shared/access/access.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { workspaceDetailsSchema } from '@cellbook/shared/protocol/workspace.ts';
import {
  listQuerySchema,
  transitionListSchema,
  workspaceListQuerySchema,
  workspaceListSchema,
} from '@cellbook/shared/protocol/workspace-api.ts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Whose } from '../../lifecycle/stores/workspace-store.ts';
import { needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';
import { decodeNumber, decodePosition, encodePosition } from './cursors.ts';
import { presentKept, presentTransition, presentWorkspace } from './present.ts';
import { answerChange, type WorkspaceDeps, workspaceParams } from './workspace-deps.ts';

const ofSchema = z.object({ of: workspaceListQuerySchema.shape.of.catch('me') });

/** What is asked for decides who may ask; what is malformed is refused behind the gate. */
function listedOf({ query }: FastifyRequest): Relation {
  return ({ me: 'own', organisation: 'org', platform: 'foreign' } as const)[ofSchema.parse(query).of];
}

function whose({ sub, org }: Principal, of: 'me' | 'organisation' | 'platform'): Whose {
  if (of === 'platform') return {};
  return of === 'organisation' ? { orgId: org } : { ownerId: sub, orgId: org };
}

export function registerReadWorkspaces(app: ApiScope, deps: WorkspaceDeps): void {
  const { store, transitions, rests } = deps;
  const tags = ['workspaces'];

  const listed = {
    operationId: 'listWorkspaces',
    summary: 'List workspaces, newest first: yours, or with `of` those you administer in this cell',
    tags,
    querystring: workspaceListQuerySchema,
  };
  app.get(
    '/v1/workspaces',
    { schema: { ...listed, response: { 200: workspaceListSchema } }, ...needs('workspace.list', listedOf) },
    async ({ principal, query: { of, limit, cursor, includeDeleted } }) => {
      const after = cursor === undefined ? undefined : decodePosition(cursor);
      const page = { limit: limit + 1, includeDeleted, ...(after && { after }) };
      const rows = await store.list(whose(principal, of), page);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const workspaces = rows.slice(0, limit).map(presentWorkspace);
      return { workspaces, nextCursor: last ? encodePosition(last) : null };
    },
  );

  const one = {
    operationId: 'getWorkspace',
    summary: 'Read a workspace, and what is kept of its memory',
    tags,
    params: workspaceParams,
  };
  app.get(
    '/v1/workspaces/:workspaceId',
    { schema: { ...one, response: { 200: workspaceDetailsSchema } }, ...needs('workspace.read') },
    async ({ params: { workspaceId } }) => {
      const row = await store.get(workspaceId);
      if (row) {
        const kept = presentKept(row, await rests.get(workspaceId));
        return { ...presentWorkspace(row), kept, queue: deps.queue?.placeOf(workspaceId) ?? null };
      }
      await answerChange(deps, null, workspaceId, 'reading a workspace');
      throw new Error('unreachable: a missing row is refused');
    },
  );

  const record = {
    operationId: 'listTransitions',
    summary: 'What was done to a workspace, newest first: steps with their durations, and changes of phase',
    tags,
    params: workspaceParams,
    querystring: listQuerySchema.omit({ includeDeleted: true }),
  };
  app.get(
    '/v1/workspaces/:workspaceId/transitions',
    { schema: { ...record, response: { 200: transitionListSchema } }, ...needs('workspace.read') },
    async ({ params: { workspaceId }, query: { limit, cursor } }) => {
      const before = cursor === undefined ? null : decodeNumber(cursor);
      const rows = await transitions.list(workspaceId, before, limit + 1);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const shown = rows.slice(0, limit).map(presentTransition);
      return { transitions: shown, nextCursor: last ? String(last.id) : null };
    },
  );
}
