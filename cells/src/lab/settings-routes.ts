/** `/lab/api/settings`: the schemas of the bundle, with what the user wrote over them. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../api/access/route-access.ts';
import type { PluginSchema } from './lab-data.ts';
import type { LabRouteDeps } from './lab-routes.ts';
import { settingAnswer, settingToSave } from './settings.ts';

const paramsSchema = z.object({ '*': z.string() });
const querySchema = z.object({ ids_only: z.string().optional() });

export function registerSettingsRoutes(app: FastifyInstance, prefix: string, deps: LabRouteDeps): void {
  const { data, store, clock } = deps;

  for (const path of [`${prefix}/settings`, `${prefix}/settings/`]) {
    app.get(path, reading, async (request) => {
      if (querySchema.parse(request.query).ids_only === 'true') {
        return { settings: [...data.schemas.keys()].map((id) => ({ id })) };
      }
      const stored = await store.settings(request.principal.sub);
      const byId = new Map(stored.map((one) => [one.name, one]));
      const settings = [...data.schemas.values()].map((one) => settingAnswer(one, byId.get(one.id) ?? null));
      return { settings };
    });
  }

  app.get(`${prefix}/settings/*`, reading, async (request) => {
    const schema = knownSchema(data.schemas, paramsSchema.parse(request.params)['*']);
    return settingAnswer(schema, await store.setting(request.principal.sub, schema.id));
  });

  app.put(`${prefix}/settings/*`, using, async (request, reply) => {
    const schema = knownSchema(data.schemas, paramsSchema.parse(request.params)['*']);
    const raw = settingToSave(schema.id, request.body);
    await store.saveSetting(request.principal.sub, schema.id, raw, clock.nowMs());
    return reply.code(204).send();
  });
}

function knownSchema(schemas: ReadonlyMap<string, PluginSchema>, pluginId: string): PluginSchema {
  const schema = schemas.get(pluginId);
  if (schema) return schema;
  throw new CellbookError('not_found', {
    doing: `finding the settings of ${pluginId}`,
    problem: 'this JupyterLab has no such plugin with settings',
    next: 'GET …/lab/api/settings?ids_only=true lists those it has.',
  });
}
