import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { tooMany } from '../refusals.ts';
import { ignoreError } from '../sockets/terminal-sockets.ts';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import { prefix, type RouteContext, readBody, workspaceOf } from './context.ts';
import { eventVersions } from './event-bus.ts';

const eventSchema = z.object({
  schema_id: z.string().max(500),
  version: z.union([z.string().max(20), z.number()]).transform(String),
  data: z.record(z.string(), z.unknown()),
  timestamp: z.string().max(60).optional(),
});

export function registerEventRoutes(app: FastifyInstance, context: RouteContext): void {
  app.post(`${prefix}/api/events`, async (request, reply) => {
    const event = readBody(request, eventSchema, 'emitting an event');
    const { id } = await workspaceOf(context, request);
    const version = eventVersions.get(event.schema_id);
    if (version === undefined) throw refused(`Schema ${event.schema_id} has not been registered`);
    if (version !== event.version)
      throw refused(`Unregistered version: ${event.version} of ${event.schema_id}`);
    context.events.emit(id, event, context.clock.nowMs());
    return reply.code(204).send();
  });

  const asked = new WeakMap<FastifyRequest, WorkspaceGateway>();
  const { sockets, events } = context;
  app.get(
    `${prefix}/api/events/subscribe`,
    {
      websocket: true,
      async preHandler(request) {
        if (!request.ws) return;
        const workspace = await workspaceOf(context, request);
        const max = limits.gateway.socketsPerKernelMax;
        if (events.countOf(workspace.id) >= max) throw tooMany('subscription to events', max);
        asked.set(request, workspace);
      },
    },
    (socket, request) => {
      const workspace = asked.get(request);
      if (!workspace || sockets.isDraining) return socket.close(1012, 'the cell restarts');
      socket.removeAllListeners('error');
      socket.on('error', ignoreError);
      const unsubscribe = events.subscribe(workspace.id, {
        send(text) {
          // Events are hints: a client that does not read loses them, and no memory grows.
          if (socket.bufferedAmount < limits.gateway.socketBufferBytesMax) socket.send(text);
        },
      });
      sockets.add(socket);
      socket.on('close', () => {
        unsubscribe();
        sockets.remove(socket);
      });
    },
  );
}

function refused(problem: string): CellbookError {
  return new CellbookError('bad_request', {
    doing: 'emitting an event',
    problem: problem.slice(0, 300),
    next: `Registered are ${[...eventVersions.keys()].join(', ')}.`,
  });
}
