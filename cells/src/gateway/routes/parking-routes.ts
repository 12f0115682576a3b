/** `GET /parked`: which run of the cell this is. An object of the edge that has parked sockets in another attaches them anew. */
import type { FastifyInstance } from 'fastify';
import type { RouteContext } from './context.ts';

export function registerParkingRoutes(app: FastifyInstance, { parking }: RouteContext): void {
  if (!parking) return;
  app.get('/parked', { config: { open: true }, schema: { hide: true } }, async () => ({ run: parking.run }));
}
