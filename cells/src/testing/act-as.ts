/** For tests of routes without the gate in front: every request is this caller's. */
import { cellIdSchema, newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { type Principal, principalIssuer } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { FastifyInstance } from 'fastify';
import { testCellId } from './test-edge.ts';

export function actAs(app: FastifyInstance, claims: Partial<Principal> = {}): Principal {
  const principal: Principal = {
    ...{ iss: principalIssuer, aud: cellIdSchema.parse(testCellId), name: 'Ada', tier: 'free', via: 'token' },
    ...{ sub: newUserId(systemRandom), org: newOrgId(systemRandom), role: 'member', scopes: null },
    ...{ cred: 'test', pin: 1, iat: 0, exp: Number.MAX_SAFE_INTEGER },
    ...claims,
  };
  app.addHook('onRequest', async (request) => {
    request.principal = principal;
  });
  return principal;
}
