/** What a controller may ask of this host's pool. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { FastifyInstance } from 'fastify';
import type { HostPool } from '../sandbox-host.ts';
import { type HostState, memberSchema, startSchema, type WorkspaceView } from '../wire/commands.ts';
import type { PortedSandbox } from './connect-port.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { sandboxParams, signalOf, workspaceParams } from './daemon-request.ts';
import { refuseOtherDirectory } from './its-directory.ts';

export interface Views {
  state(): HostState;
  view(workspaceId: WorkspaceId): WorkspaceView;
}

export function registerPoolRoutes(app: FastifyInstance, { host, volumes }: DaemonParts, views: Views): void {
  app.post('/v1/workspaces/:id/claim', async ({ params, body }, reply) => {
    const { id: workspaceId } = workspaceParams.parse(params);
    const spec = { workspaceId, ...startSchema.omit({ image: true }).parse(body) };
    refuseOtherDirectory(volumes, spec);
    await poolOf(host).claim(spec, signalOf(reply));
    return views.view(workspaceId);
  });
  app.post('/v1/members/:id', async ({ params, body }, reply) => {
    const { generation } = memberSchema.parse(body);
    await poolOf(host).add(sandboxParams.parse(params).id, generation, signalOf(reply));
    return views.state();
  });
  app.delete('/v1/members/:id', async ({ params }) => {
    await poolOf(host).drop(sandboxParams.parse(params).id);
    return views.state();
  });
}

function poolOf({ pool, hostId }: DaemonParts['host']): HostPool<PortedSandbox> {
  if (pool) return pool;
  throw new CellbookError('sandbox_unavailable', {
    doing: 'using the pool of a host',
    problem: `host ${hostId} has none`,
    ids: { hostId },
  });
}
