/** A route that upgrades: everything that can be refused is refused before, with a status and a typed body. */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { needs } from '../../api/access/route-access.ts';
import { releaseRequest } from '../sockets/release-request.ts';
import type { SocketSweep } from '../sockets/socket-sweep.ts';

export interface SocketRoute<Target> {
  path: string;
  access: ReturnType<typeof needs>;
  sockets: SocketSweep;
  /** What the socket is for; throws a typed error when it may not be opened. */
  prepare(request: FastifyRequest): Promise<Target>;
  accept(socket: WebSocket, target: Target): void;
}

export function registerSocketRoute<Target>(app: FastifyInstance, route: SocketRoute<Target>): void {
  const prepared = new WeakMap<FastifyRequest, { target: Target; response: ServerResponse }>();
  app.get(
    route.path,
    {
      ...route.access,
      websocket: true,
      async preHandler(request, reply) {
        if (request.ws) prepared.set(request, { target: await route.prepare(request), response: reply.raw });
      },
    },
    (socket, request) => {
      const found = prepared.get(request);
      if (!found || route.sockets.isDraining) {
        socket.close(1012, 'the cell restarts');
        return;
      }
      releaseRequest(socket, found.response);
      route.accept(socket, found.target);
    },
  );
}
