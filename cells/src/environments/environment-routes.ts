/** `/v1/workspaces/:workspaceId/environment`: what is installed, its lockfile, and a reset that touches no file. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import {
  type EnvironmentView,
  environmentResetSchema,
  environmentSchema,
} from '@cellbook/shared/protocol/environment-api.ts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { needs } from '../api/access/route-access.ts';
import type { ApiScope } from '../api/api-scope.ts';
import type { OnceDeps } from '../api/idempotency/once.ts';
import { workspaceParams, writeHeaders, writeOnce } from '../api/workspaces/workspace-deps.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import type { EnvironmentStore } from './environment-store.ts';
import { requirementsOf } from './lock.ts';
import { presentEnvironment } from './present-environment.ts';

export interface EnvironmentRouteDeps {
  store: Pick<EnvironmentStore, 'read'>;
  volumes: Pick<WorkspaceVolumes, 'resetEnvironment'>;
}

const base = '/v1/workspaces/:workspaceId/environment';
const tags = ['workspaces'];

export function registerEnvironmentRoutes(
  app: ApiScope,
  writing: OnceDeps,
  deps: EnvironmentRouteDeps,
): void {
  const read = async (workspaceId: WorkspaceId) => presentEnvironment(await deps.store.read(workspaceId));
  const show = { operationId: 'readEnvironment', summary: 'The packages installed in a workspace', tags };
  app.get(
    base,
    {
      schema: { ...show, params: workspaceParams, response: { 200: environmentSchema } },
      ...needs('notebook.read'),
    },
    ({ params: { workspaceId } }) => read(workspaceId),
  );

  const lock = {
    operationId: 'readEnvironmentLock',
    summary: 'The installed packages with their versions, as a requirements file',
    tags,
    params: workspaceParams,
    response: { 200: requirementsAnswer },
  };
  app.get(`${base}/lock`, { schema: lock, ...needs('notebook.read') }, async ({ params }, reply) => {
    const { packages } = await read(params.workspaceId);
    return reply
      .header('content-type', 'text/plain; charset=utf-8')
      .header('content-disposition', 'attachment; filename="requirements.txt"')
      .send(requirementsOf(packages));
  });
  registerReset(app, writing, deps, read);
}

function registerReset(
  app: ApiScope,
  writing: OnceDeps,
  { volumes }: EnvironmentRouteDeps,
  read: (workspaceId: WorkspaceId) => Promise<EnvironmentView>,
): void {
  const schema = {
    operationId: 'resetEnvironment',
    summary: 'Uninstall everything, or bring back what was installed before; no file is touched',
    tags,
    params: workspaceParams,
    headers: writeHeaders,
    body: environmentResetSchema,
    response: { 200: environmentSchema },
  };
  app.post(`${base}/reset`, { schema, ...needs('notebook.use') }, async (request, reply) =>
    writeOnce(writing, request, reply, async () => {
      const { workspaceId } = request.params;
      await volumes.resetEnvironment(workspaceId, request.body.to, goneWith(reply));
      return { status: 200, body: await read(workspaceId) };
    }),
  );
}

/** Unpacking what was before is not gone on with for nobody. */
function goneWith(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new Error('the client went away'));
  });
  return gone.signal;
}

const requirementsAnswer = {
  description: 'A line for each package',
  content: { 'text/plain': { schema: z.string() } },
};
