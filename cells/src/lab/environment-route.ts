/**
 * `/lab/api/cellbook/environment`: what is installed in the workspace, its lockfile, and a reset that touches no file;
 * the same as `/v1/workspaces/{id}/environment`, for the page of JupyterLab.
 */
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { environmentResetSchema } from '@cellbook/shared/protocol/environment-api.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../api/access/route-access.ts';
import { requirementsOf } from '../environments/lock.ts';
import { presentEnvironment } from '../environments/present-environment.ts';
import type { LabRouteDeps } from './lab-routes.ts';

const paramsSchema = z.object({ workspaceId: workspaceIdSchema });

export function registerEnvironmentRoute(
  app: FastifyInstance,
  prefix: string,
  { environments: { store, volumes } }: LabRouteDeps,
): void {
  const base = `${prefix}/cellbook/environment`;
  const read = async (params: unknown) =>
    presentEnvironment(await store.read(paramsSchema.parse(params).workspaceId));

  app.get(base, reading, ({ params }) => read(params));

  app.get(`${base}/lock`, reading, async ({ params }, reply) =>
    reply
      .header('content-type', 'text/plain; charset=utf-8')
      .header('content-disposition', 'attachment; filename="requirements.txt"')
      .send(requirementsOf((await read(params)).packages)),
  );

  // Asked twice it has been done once: what is reset already stays so.
  app.post(`${base}/reset`, using, async ({ params, body }, reply) => {
    const { workspaceId } = paramsSchema.parse(params);
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort(new Error('the client went away'));
    });
    await volumes.resetEnvironment(workspaceId, environmentResetSchema.parse(body).to, gone.signal);
    return read(params);
  });
}
