/**
 * A route that upgrades: everything that can be refused is refused before, with a status and a typed body. The
 * socket ends with the right that it was opened with (cells/src/standing).
 */
import type { ServerResponse } from 'node:http';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { needs } from '../../api/access/route-access.ts';
import type { HoldOpen } from '../../standing/standing.ts';
import { releaseRequest } from '../sockets/release-request.ts';
import type { SocketSweep } from '../sockets/socket-sweep.ts';
import { param } from './context.ts';

export interface SocketRoute<Target> {
  path: string;
  access: ReturnType<typeof needs>;
  sockets: SocketSweep;
  /** What it is, for the record: `kernel`. */
  what: string;
  standing: HoldOpen | undefined;
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
        if (!request.ws) return;
        route.standing?.checkOpening(request.principal);
        prepared.set(request, { target: await route.prepare(request), response: reply.raw });
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
      hold(route, socket, request);
    },
  );
}

/** 1012, because after 1000 or 1001 JupyterLab never reconnects: it comes back through the edge, which decides. */
function hold<Target>({ standing, what }: SocketRoute<Target>, socket: WebSocket, request: FastifyRequest) {
  if (!standing) return;
  const workspaceId = workspaceIdSchema.parse(param(request, 'workspaceId'));
  const end = () => socket.close(1012, 'what it was opened with has ended or changed');
  const letGo = standing.hold(request.principal, { what, workspaceId, end });
  socket.on('closing', letGo);
  socket.on('close', letGo);
}
