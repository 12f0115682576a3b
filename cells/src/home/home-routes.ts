/**
 * `PUT /pins`: a signed pin document is delivered, by a publisher or by an edge that sees this cell is behind.
 * `POST /pins/preview`: who of this cell's users would be sent elsewhere by it. The body is the JWS; its signature
 * is what admits it. Every answer of the cell says the epoch it knows (`cellbook-pin-epoch`).
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { pinsMediaType } from '@cellbook/shared/protocol/pins-api.ts';
import { pinEpochHeader } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyInstance } from 'fastify';
import type { Home } from './home.ts';

export function registerHomeRoutes(app: FastifyInstance, home: Home): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    const epoch = home.epoch();
    if (epoch !== null) reply.header(pinEpochHeader, String(epoch));
    return payload;
  });
  app.register(async (scope) => {
    const options = { parseAs: 'string', bodyLimit: limits.pins.bytesMax } as const;
    scope.addContentTypeParser(pinsMediaType, options, (_request, body, done) => done(null, body));
    const config = { open: true };
    scope.put('/pins', { config }, async ({ body }) => ({ epoch: await home.take(textOf(body)) }));
    scope.post('/pins/preview', { config }, async ({ body }) => {
      const users = await home.preview(textOf(body));
      const named = users.slice(0, limits.pins.leavingMax);
      return { epoch: home.epoch(), leaving: users.length, users: named };
    });
  });
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body.trim();
  throw new CellbookError('unsupported_media_type', {
    doing: 'taking pins',
    problem: 'the body is no signed document',
    next: `Send the JWS as ${pinsMediaType}.`,
  });
}
