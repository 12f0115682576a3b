import { CellbookError } from '@cellbook/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../../api/access/route-access.ts';
import {
  changeSession,
  createSession,
  deleteSession,
  findSession,
  listSessions,
  sessionModel,
} from '../workspace/session-service.ts';
import { baseUrl, param, prefix, type RouteContext, readBody, sendJson, workspaceOf } from './context.ts';

const kernelSchema = z.object({ name: z.string().nullish(), id: z.string().nullish() }).nullish();
/** The shape of clients older than 2015, which jupyter_server still takes. */
const notebookSchema = z.object({ path: z.string().optional(), name: z.string().optional() }).nullish();

const bodySchema = z.object({
  path: z.string().max(4_096).optional(),
  type: z.string().max(100).optional(),
  name: z.string().max(1_024).nullish(),
  kernel: kernelSchema,
  notebook: notebookSchema,
});

export function registerSessionRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${prefix}/api/sessions`;
  app.get(path, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    return sendJson(
      reply,
      listSessions(workspace).map((session) => sessionModel(workspace, session)),
    );
  });
  app.post(path, using, async (request, reply) => {
    const body = readBody(request, bodySchema, 'creating a session');
    const workspace = await workspaceOf(context, request);
    const session = await createSession(workspace, {
      path: required(body.notebook?.name ?? body.notebook?.path ?? body.path, 'path'),
      type: required(body.notebook ? 'notebook' : body.type, 'type'),
      name: body.name ?? '',
      kernelspec: body.kernel?.name ?? null,
      kernelId: body.kernel?.id ?? null,
    });
    reply.header('location', `${baseUrl(request)}api/sessions/${session.id}`);
    return sendJson(reply, sessionModel(workspace, session), 201);
  });
  app.get(`${path}/:sessionId`, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    return sendJson(reply, sessionModel(workspace, findSession(workspace, param(request, 'sessionId'))));
  });
  app.patch(`${path}/:sessionId`, using, async (request, reply) => {
    const body = readBody(request, bodySchema, 'changing a session');
    const workspace = await workspaceOf(context, request);
    const session = await changeSession(workspace, param(request, 'sessionId'), {
      path: body.notebook?.path ?? body.path,
      type: body.notebook?.path === undefined ? body.type : 'notebook',
      name: body.name ?? undefined,
      kernelspec: body.kernel?.name,
      kernelId: body.kernel?.id,
    });
    return sendJson(reply, sessionModel(workspace, session));
  });
  app.delete(`${path}/:sessionId`, using, async (request, reply) => {
    await deleteSession(await workspaceOf(context, request), param(request, 'sessionId'));
    return reply.code(204).send();
  });
}

function required(value: string | undefined, field: string): string {
  if (value !== undefined && value !== '') return value;
  throw new CellbookError('bad_request', {
    doing: 'creating a session',
    problem: `Missing field in JSON data: ${field}`,
    next: 'Send path, type, name and kernel.',
  });
}
