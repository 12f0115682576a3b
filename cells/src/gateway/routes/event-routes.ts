import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../../api/access/route-access.ts';
import { tooMany } from '../refusals.ts';
import { ignoreError } from '../sockets/terminal-sockets.ts';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import { prefix, type RouteContext, readBody, workspaceOf } from './context.ts';
import { eventVersions } from './event-bus.ts';
import { registerSocketRoute } from './socket-route.ts';

const eventSchema = z.object({
  schema_id: z.string().max(500),
  version: z.union([z.string().max(20), z.number()]).transform(String),
  data: z.record(z.string(), z.unknown()),
  timestamp: z.string().max(60).optional(),
});

export function registerEventRoutes(app: FastifyInstance, context: RouteContext): void {
  app.post(`${prefix}/api/events`, using, async (request, reply) => {
    const event = readBody(request, eventSchema, 'emitting an event');
    const { id } = await workspaceOf(context, request);
    const version = eventVersions.get(event.schema_id);
    if (version === undefined) throw refused(`Schema ${event.schema_id} has not been registered`);
    if (version !== event.version)
      throw refused(`Unregistered version: ${event.version} of ${event.schema_id}`);
    context.events.emit(id, event, context.clock.nowMs());
    return reply.code(204).send();
  });

  const { sockets, parking, events } = context;
  registerSocketRoute<WorkspaceGateway>(app, {
    access: reading,
    path: `${prefix}/api/events/subscribe`,
    ...{ sockets, parking },
    isResting: (workspace) => workspace.isResting,
    ...{ what: 'events', standing: context.standing },
    async prepare(request, isBack) {
      const workspace = await workspaceOf(context, request);
      const max = limits.gateway.socketsPerKernelMax;
      if (!isBack && events.countOf(workspace.id) >= max) throw tooMany('subscription to events', max);
      return workspace;
    },
    accept(socket, workspace) {
      socket.on('error', ignoreError);
      const unsubscribe = events.subscribe(workspace.id, {
        send(text) {
          // Events are hints: a client that does not read loses them, and no memory grows.
          if (socket.bufferedAmount < limits.gateway.socketBufferBytesMax)
            socket.send(text, { binary: false });
        },
      });
      sockets.add(socket);
      const leave = () => {
        unsubscribe();
        sockets.remove(socket);
      };
      socket.on('closing', leave);
      socket.on('close', leave);
    },
  });
}

function refused(problem: string): CellbookError {
  return new CellbookError('bad_request', {
    doing: 'emitting an event',
    problem: problem.slice(0, 300),
    next: `Registered are ${[...eventVersions.keys()].join(', ')}.`,
  });
}
