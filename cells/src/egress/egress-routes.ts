/** `GET /v1/workspaces/:workspaceId/egress`: what its sandboxes have reached, and what they were refused. */
import { limits } from '@cellbook/shared/limits.ts';
import { egressListSchema } from '@cellbook/shared/protocol/egress-api.ts';
import { z } from 'zod';
import { needs } from '../api/access/route-access.ts';
import type { ApiScope } from '../api/api-scope.ts';
import { workspaceParams } from '../api/workspaces/workspace-deps.ts';
import type { EgressLog, EgressRecord } from './egress-log.ts';

export type EgressRouteDeps = Pick<EgressLog, 'list'>;

const { listMax, listUsual } = limits.egress;

export function registerEgressRoutes(app: ApiScope, log: EgressRouteDeps): void {
  const schema = {
    operationId: 'listEgress',
    summary: 'Connections out of a workspace that are over, and those that were refused, newest first',
    tags: ['workspaces'],
    params: workspaceParams,
    querystring: z.object({ limit: z.coerce.number().int().min(1).max(listMax).default(listUsual) }),
    response: { 200: egressListSchema },
  };
  app.get(
    '/v1/workspaces/:workspaceId/egress',
    { schema, ...needs('workspace.read') },
    async ({ params: { workspaceId }, query: { limit } }) => ({
      connections: (await log.list(workspaceId, limit)).map(present),
    }),
  );
}

const present = ({ startedAtMs, recordId: _, workspaceId: __, sandboxId: ___, ...record }: EgressRecord) => ({
  ...record,
  startedAt: new Date(startedAtMs).toISOString(),
});
