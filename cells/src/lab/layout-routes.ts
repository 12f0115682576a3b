/** `/lab/api/workspaces`: the layouts of one workspace of ours, which Jupyter calls workspaces. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../api/access/route-access.ts';
import type { LabRouteDeps } from './lab-routes.ts';
import type { LayoutOwner } from './lab-store.ts';
import { layoutAnswer, layoutToSave } from './layouts.ts';

const ownerSchema = z.object({ workspaceId: workspaceIdSchema });
const nameSchema = z.object({ '*': z.string() });

export function registerLayoutRoutes(app: FastifyInstance, prefix: string, deps: LabRouteDeps): void {
  const { store, clock } = deps;

  for (const path of [`${prefix}/workspaces`, `${prefix}/workspaces/`]) {
    app.get(path, reading, async (request) => {
      const values = (await store.layouts(ownerOf(request))).map((one) => layoutAnswer(one.name, one));
      return { workspaces: { ids: values.map((one) => one.metadata.id), values } };
    });
  }

  app.get(`${prefix}/workspaces/*`, reading, async (request) => {
    const name = nameOf(request);
    return layoutAnswer(name, await store.layout(ownerOf(request), name));
  });

  app.put(`${prefix}/workspaces/*`, using, async (request, reply) => {
    const name = nameOf(request);
    const text = layoutToSave(name, request.body);
    if (!(await store.saveLayout(ownerOf(request), name, text, clock.nowMs()))) throw tooMany(name);
    return reply.code(204).send();
  });

  app.delete(`${prefix}/workspaces/*`, using, async (request, reply) => {
    const name = nameOf(request);
    if (await store.deleteLayout(ownerOf(request), name)) return reply.code(204).send();
    throw new CellbookError('not_found', {
      doing: `deleting the layout ${name}`,
      problem: 'there is no layout of this name',
      next: 'Reload the list of layouts.',
    });
  });
}

function ownerOf(request: FastifyRequest): LayoutOwner {
  return { workspaceId: ownerSchema.parse(request.params).workspaceId, userId: request.principal.sub };
}

/** Names are free text within reason; Postgres takes no NUL. */
function nameOf(request: FastifyRequest): string {
  const name = nameSchema.parse(request.params)['*'];
  if (name.length > 0 && name.length <= limits.lab.layoutNameCharsMax && !name.includes('\0')) return name;
  throw new CellbookError('bad_request', {
    doing: 'finding a layout',
    problem: `a layout's name has 1 to ${limits.lab.layoutNameCharsMax} characters`,
    next: 'Choose another name.',
  });
}

function tooMany(name: string): CellbookError {
  return new CellbookError('quota_exceeded', {
    doing: `saving the layout ${name}`,
    problem: `this workspace has ${limits.lab.layoutsPerWorkspaceMax} layouts already`,
    next: 'Delete one of them in the Running panel, under Workspaces.',
  });
}
