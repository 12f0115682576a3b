import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../../api/access/route-access.ts';
import { tooMany } from '../refusals.ts';
import { acceptTerminalSocket } from '../sockets/terminal-sockets.ts';
import type { Terminal } from '../terminals/terminal.ts';
import { closeTerminal, findTerminal, openTerminal, terminalModel } from '../workspace/terminal-service.ts';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import { param, prefix, type RouteContext, readBody, sendJson, workspaceOf } from './context.ts';
import { registerSocketRoute } from './socket-route.ts';

interface TerminalTarget {
  workspace: WorkspaceGateway;
  terminal: Terminal;
}

const openSchema = z
  .object({
    name: z
      .string()
      .regex(/^\w{1,64}$/)
      .nullish(),
    cwd: z.string().max(4_096).nullish(),
  })
  .nullable();

export function registerTerminalRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${prefix}/api/terminals`;
  app.get(path, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    return sendJson(reply, [...workspace.terminals.values()].map(terminalModel));
  });
  app.post(path, using, async (request, reply) => {
    const body = readBody(request, openSchema, 'opening a terminal');
    const workspace = await workspaceOf(context, request);
    return sendJson(reply, terminalModel(await openTerminal(workspace, body ?? {})));
  });
  app.get(`${path}/:name`, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    return sendJson(reply, terminalModel(findTerminal(workspace, param(request, 'name'))));
  });
  app.delete(`${path}/:name`, using, async (request, reply) => {
    await closeTerminal(await workspaceOf(context, request), param(request, 'name'));
    return reply.code(204).send();
  });

  registerSocketRoute<TerminalTarget>(app, {
    access: using,
    path: `${prefix}/terminals/websocket/:name`,
    ...{ sockets: context.sockets, parking: context.parking },
    isResting: ({ workspace }) => workspace.isResting,
    ...{ what: 'terminal', standing: context.standing },
    async prepare(request, isBack) {
      const workspace = await workspaceOf(context, request);
      const terminal = findTerminal(workspace, param(request, 'name'));
      const max = limits.gateway.socketsPerKernelMax;
      if (!isBack && terminal.connections >= max) throw tooMany('connection to one terminal', max);
      return { workspace, terminal };
    },
    accept: (socket, { terminal }) => acceptTerminalSocket(socket, terminal, context.sockets),
  });
}
