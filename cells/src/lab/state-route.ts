/**
 * `/lab/api/cellbook`: the workspace's name, state and place among those that wait to start, for the status bar.
 * Read from memory; wakes nothing.
 * `…/keep-running`: somebody is there who wants it to go on, though nothing in it is used.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../api/access/route-access.ts';
import { presentResume } from '../ladder/resume-report.ts';
import type { WorkspaceSummary } from '../lifecycle/runtime.ts';
import type { LabRouteDeps } from './lab-routes.ts';

const paramsSchema = z.object({ workspaceId: workspaceIdSchema });

export function registerStateRoute(app: FastifyInstance, prefix: string, deps: LabRouteDeps): void {
  app.get(`${prefix}/cellbook`, reading, async (request) => {
    const state = await found(deps, request, 'reading the state of a workspace');
    const { id, name, phase, problem, lastResume } = state;
    const queue = deps.queue.placeOf(id);
    return { id, name, phase, problem, queue, lastResume: lastResume && presentResume(lastResume) };
  });

  app.post(`${prefix}/cellbook/keep-running`, using, async (request, reply) => {
    const { id, phase } = await found(deps, request, 'keeping a workspace running');
    // One that was suspended meanwhile stays so: it comes back when it is used.
    if (phase === 'running') deps.runtime.touch(id);
    return reply.code(204).send();
  });
}

async function found(
  { runtime }: LabRouteDeps,
  request: FastifyRequest,
  doing: string,
): Promise<WorkspaceSummary> {
  const { workspaceId } = paramsSchema.parse(request.params);
  const workspace = await runtime.find(workspaceId);
  if (workspace) return workspace;
  throw new CellbookError('not_found', {
    doing,
    problem: 'there is no such workspace, or it was deleted',
    next: 'Go back to the console.',
    ids: { workspaceId },
  });
}
