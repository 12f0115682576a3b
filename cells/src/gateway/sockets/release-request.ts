/**
 * An upgraded socket stays tied to the HTTP response it came with, and that to the request, its headers and
 * Fastify's objects around both: 4 KiB an idle socket need not hold. Called once the upgrade is done.
 */
import type { ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { GatewaySocket } from './gateway-socket.ts';

export function releaseRequest(socket: WebSocket, response: ServerResponse): void {
  const connection = response.socket;
  if (connection) response.detachSocket(connection);
  if (connection && socket instanceof GatewaySocket) socket.runsOver(connection);
  // It holds on to the request as well.
  socket.removeAllListeners('error');
}
