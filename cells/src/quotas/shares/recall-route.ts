/** `POST /quota/recall`: the edge asks this cell to give back what it does not use (quota-shares-api.ts). */
import { limits } from '@cellbook/shared/limits.ts';
import {
  quotaAskType,
  quotaRecallSchema,
  quotaRecallType,
} from '@cellbook/shared/protocol/quota-shares-api.ts';
import { statementMediaType } from '@cellbook/shared/protocol/statements.ts';
import type { FastifyInstance } from 'fastify';
import type { EdgeClient } from '../../edge/edge-client.ts';
import type { OrgShares } from './org-shares.ts';

export function registerRecall(
  app: FastifyInstance,
  { edge, shares }: { edge: Pick<EdgeClient, 'hear' | 'sign'>; shares: Pick<OrgShares, 'recalled'> },
): void {
  app.register(async (scope) => {
    const options = { parseAs: 'string', bodyLimit: limits.statements.askBytesMax } as const;
    scope.addContentTypeParser(statementMediaType, options, (_request, body, done) => done(null, body));
    scope.post('/quota/recall', { config: { open: true } }, async ({ body }, reply) => {
      const recall = await edge.hear(String(body).trim(), quotaRecallType, quotaRecallSchema);
      const ask = await shares.recalled(recall);
      return reply.type(statementMediaType).send(await edge.sign(quotaAskType, ask));
    });
  });
}
