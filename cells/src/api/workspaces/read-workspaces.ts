import { workspaceSchema } from '@cellbook/shared/protocol/workspace.ts';
import {
  listQuerySchema,
  transitionListSchema,
  workspaceListSchema,
} from '@cellbook/shared/protocol/workspace-api.ts';
import { needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';
import { decodeNumber, decodePosition, encodePosition } from './cursors.ts';
import { presentTransition, presentWorkspace } from './present.ts';
import { answerChange, type WorkspaceDeps, workspaceParams } from './workspace-deps.ts';

export function registerReadWorkspaces(app: ApiScope, deps: WorkspaceDeps): void {
  const { store, transitions } = deps;
  const tags = ['workspaces'];

  const listed = { summary: 'List your workspaces, newest first', tags, querystring: listQuerySchema };
  app.get(
    '/v1/workspaces',
    { schema: { ...listed, response: { 200: workspaceListSchema } }, ...needs('workspace.list') },
    async ({ principal, query: { limit, cursor, includeDeleted } }) => {
      const after = cursor === undefined ? undefined : decodePosition(cursor);
      const page = { limit: limit + 1, includeDeleted, ...(after && { after }) };
      const rows = await store.list(principal.sub, page);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      const workspaces = rows.slice(0, limit).map(presentWorkspace);
      return { workspaces, nextCursor: last ? encodePosition(last) : null };
    },
  );

  const one = { summary: 'Read a workspace', tags, params: workspaceParams };
  app.get(
    '/v1/workspaces/:workspaceId',
    { schema: { ...one, response: { 200: workspaceSchema } }, ...needs('workspace.read') },
    async ({ params: { workspaceId } }) => {
      const row = await store.get(workspaceId);
      if (row) return presentWorkspace(row);
      await answerChange(deps, null, workspaceId, 'reading a workspace');
      throw new Error('unreachable: a missing row is refused');
    },
  );

  const record = {
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
