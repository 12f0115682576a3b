/**
 * A route that upgrades: everything that can be refused is refused before, with a status and a typed body. The
 * socket ends with the right that it was opened with (cells/src/standing).
 */
import type { ServerResponse } from 'node:http';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { parkingHeader, readParking } from '@cellbook/shared/protocol/parking-api.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { needs } from '../../api/access/route-access.ts';
import type { HoldOpen } from '../../standing/standing.ts';
import type { ParkingLot } from '../parking/parking-lot.ts';
import type { Connection } from '../sockets/connection.ts';
import { releaseRequest } from '../sockets/release-request.ts';
import type { SocketSweep } from '../sockets/socket-sweep.ts';
import { param } from './context.ts';

export interface SocketRoute<Target> {
  path: string;
  access: ReturnType<typeof needs>;
  sockets: SocketSweep;
  parking: ParkingLot | undefined;
  /** What it is, for the record: `kernel`. */
  what: string;
  standing: HoldOpen | undefined;
  /** What the socket is for; throws a typed error when it may not be opened. */
  prepare(request: FastifyRequest, isBack: boolean): Promise<Target>;
  accept(socket: Connection, target: Target): void;
  /** Nothing runs that would have something to say by itself. */
  isResting(target: Target): boolean;
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
        const parking = readParking(request.headers[parkingHeader]);
        const isBack = parking !== null && route.parking?.has(parking.socket) === true;
        prepared.set(request, { target: await route.prepare(request, isBack), response: reply.raw });
        if (parking && route.sockets.isDraining) throw draining(route.what);
      },
    },
    (socket, request) => {
      const found = prepared.get(request);
      if (!found || route.sockets.isDraining) {
        socket.close(1012, 'the cell restarts');
        return;
      }
      releaseRequest(socket, found.response);
      const connection = connectionOf(route, socket, request, found.target);
      if (connection) hold(route, connection, request);
    },
  );
}

/** Before it upgrades: an object of the edge keeps what it has for the next run, which a close would lose. */
const draining = (what: string): CellbookError =>
  new CellbookError('shutting_down', {
    doing: `opening a socket to a ${what}`,
    problem: 'the cell restarts',
    next: 'Nothing is lost; try again in a few seconds.',
    retryAfterMs: limits.parking.attachRetryMs,
  });

/**
 * One that an object of the edge holds may have been here before: then whoever uses it has it already. Null: it is an
 * attachment that is of no use.
 */
function connectionOf<Target>(
  route: SocketRoute<Target>,
  socket: WebSocket,
  request: FastifyRequest,
  target: Target,
): Connection | null {
  const parking = readParking(request.headers[parkingHeader]);
  if (!parking || !route.parking) {
    route.accept(socket, target);
    return socket;
  }
  const arrived = route.parking.arrive(socket, parking, () => route.isResting(target));
  if (arrived && !arrived.isBack) route.accept(arrived.spot, target);
  return arrived?.spot ?? null;
}

/** What each connection is held open with now. */
const holding = new WeakMap<Connection, () => void>();

/** 1012, because after 1000 or 1001 JupyterLab never reconnects: it comes back through the edge, which decides. */
function hold<Target>({ standing, what }: SocketRoute<Target>, socket: Connection, request: FastifyRequest) {
  if (!standing) return;
  const workspaceId = workspaceIdSchema.parse(param(request, 'workspaceId'));
  const end = () => socket.close(1012, 'what it was opened with has ended or changed');
  const before = holding.get(socket);
  holding.set(socket, standing.hold(request.principal, { what, workspaceId, end }));
  before?.();
  if (before) return;
  socket.on('closing', letGo);
  socket.on('close', letGo);
}

function letGo(this: Connection): void {
  holding.get(this)?.();
}
