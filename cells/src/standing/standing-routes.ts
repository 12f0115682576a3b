/**
 * `PUT /standing`: the edge tells this cell of a right that has just ended (shared/src/protocol/standing-api.ts). The body is the
 * signed document; its signature is what admits it. Lost, the cell has it at its next ask. A refusal of what the edge
 * let through says so in a header (`cellbook-outdated`), upon which the edge reads anew.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { outdatedHeader } from '@cellbook/shared/protocol/principal.ts';
import { statementMediaType } from '@cellbook/shared/protocol/statements.ts';
import type { FastifyInstance } from 'fastify';
import { EndedRight } from './refusals.ts';
import type { Standing } from './standing.ts';

/** `behind`: the document told of news beyond a gap. */
export function registerStandingRoutes(app: FastifyInstance, standing: Standing, behind: () => void): void {
  app.addHook('onError', async (_request, reply, error) => {
    if (error instanceof EndedRight) reply.header(outdatedHeader, '1');
  });
  app.register(async (scope) => {
    const options = { parseAs: 'string', bodyLimit: limits.standing.bytesMax } as const;
    scope.addContentTypeParser(statementMediaType, options, (_request, body, done) => done(null, body));
    scope.put('/standing', { config: { open: true } }, async ({ body }) => {
      const { more } = await standing.take(textOf(body));
      if (more) behind();
      return { upTo: standing.upTo() };
    });
  });
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body.trim();
  throw new CellbookError('unsupported_media_type', {
    doing: 'taking word of ended rights',
    problem: 'the body is no signed document',
    next: `Send the JWS as ${statementMediaType}.`,
  });
}
