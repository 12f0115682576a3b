/** `/lab/api/cellbook`: the workspace's name and state, for the status bar. Read from memory; wakes nothing. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading } from '../api/access/route-access.ts';
import type { LabRouteDeps } from './lab-routes.ts';

const paramsSchema = z.object({ workspaceId: workspaceIdSchema });

export function registerStateRoute(app: FastifyInstance, prefix: string, deps: LabRouteDeps): void {
  app.get(`${prefix}/cellbook`, reading, async (request) => {
    const { workspaceId } = paramsSchema.parse(request.params);
    const workspace = await deps.runtime.find(workspaceId);
    if (workspace) return { id: workspace.id, name: workspace.name, phase: workspace.phase };
    throw new CellbookError('not_found', {
      doing: 'reading the state of a workspace',
      problem: 'there is no such workspace, or it was deleted',
      next: 'Go back to the console.',
      ids: { workspaceId },
    });
  });
}
