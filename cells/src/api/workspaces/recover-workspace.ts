import { recoverReportSchema } from '@cellbook/shared/protocol/recover-api.ts';
import { needs } from '../access/route-access.ts';
import type { ApiScope } from '../api-scope.ts';
import { presentWorkspace } from './present.ts';
import { type WorkspaceDeps, workspaceParams, writeHeaders, writeOnce } from './workspace-deps.ts';

export function registerRecoverWorkspace(app: ApiScope, deps: WorkspaceDeps): void {
  const schema = {
    operationId: 'recoverWorkspace',
    summary: 'Recover a workspace that is stuck: says what was found and what was done about it',
    description:
      'Loses no acknowledged save. Of a workspace in order it changes nothing, so it can be repeated.',
    tags: ['workspaces'],
    params: workspaceParams,
    headers: writeHeaders,
    response: { 200: recoverReportSchema },
  };
  app.post(
    '/v1/workspaces/:workspaceId/recover',
    { schema, ...needs('workspace.recover') },
    async (request, reply) =>
      writeOnce(deps, request, reply, async () => {
        const { found, done, settled, row } = await deps.recover(request.params.workspaceId);
        deps.changed(row);
        return { status: 200, body: { found, done, settled, workspace: presentWorkspace(row) } };
      }),
  );
}
