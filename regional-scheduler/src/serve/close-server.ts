/**
 * Ends the server: requests under way are answered, then their connections closed. A connection that falls
 * idle only after the listening socket was closed would otherwise stay for its whole keep-alive; what is
 * still busy at the deadline is cut.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance } from 'fastify';

export async function closeServer(app: FastifyInstance, clock: Clock): Promise<void> {
  const { server } = app;
  const cut = clock.setTimer(limits.api.closeMs, () => server.closeAllConnections());
  let look = clock.setTimer(0, closeIdle);
  function closeIdle(): void {
    server.closeIdleConnections();
    look = clock.setTimer(limits.api.closeLookMs, closeIdle);
  }
  try {
    await app.close();
  } finally {
    cut.cancel();
    look.cancel();
  }
}
