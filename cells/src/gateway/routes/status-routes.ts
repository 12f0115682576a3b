/** What says something about the server itself: version, status, the API's description, policy reports. */
import type { FastifyInstance } from 'fastify';
import { reading } from '../../api/access/route-access.ts';
import { prefix, type RouteContext, sendJson, workspaceOf } from './context.ts';
import { apiSpec } from './spec.ts';

/** The jupyter_server whose API this is; clients choose features by it. */
export const jupyterServerVersion = '2.21.1';

export function registerStatusRoutes(app: FastifyInstance, context: RouteContext): void {
  for (const path of [`${prefix}/api`, `${prefix}/api/`])
    app.get(path, reading, async (_request, reply) => sendJson(reply, { version: jupyterServerVersion }));
  app.get(`${prefix}/api/status`, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const active = [...workspace.kernels.values()].map(({ record }) => record.lastActivityMs);
    const typed = [...workspace.terminals.values()].map(({ lastActivityMs }) => lastActivityMs);
    return sendJson(reply, {
      connections: workspace.connections,
      kernels: workspace.kernels.size,
      last_activity: new Date(Math.max(context.startedMs, ...active, ...typed)).toISOString(),
      started: new Date(context.startedMs).toISOString(),
    });
  });
  app.get(`${prefix}/api/spec.yaml`, reading, async (_request, reply) =>
    // JSON is YAML.
    reply.type('text/x-yaml').send(JSON.stringify(apiSpec, null, 2)),
  );
  app.post(`${prefix}/api/security/csp-report`, reading, async (request, reply) => {
    const report = Buffer.isBuffer(request.body) ? request.body.toString('utf8', 0, 4_096) : '';
    context.log.warn({ report, userId: request.principal.sub }, 'a page broke its content security policy');
    return reply.code(200).send();
  });
}
