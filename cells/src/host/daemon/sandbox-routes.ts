/** What a controller may ask of sandboxes. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import {
  byEpochSchema,
  type HostState,
  type hostViewSchema,
  startSchema,
  storeSchema,
  type WorkspaceView,
} from '../wire/commands.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { sandboxParams, signalOf, workspaceParams } from './daemon-request.ts';

export function registerSandboxRoutes(app: FastifyInstance, { host, volumes }: DaemonParts): void {
  const state = (): HostState => ({
    ...{ hostId: host.hostId, load: host.load(), draining: host.isDraining, keeps: host.keeps },
  });
  const view = (workspaceId: WorkspaceId): WorkspaceView => {
    const sandbox = host.current(workspaceId);
    return {
      host: state(),
      sandbox: sandbox && { sandboxId: sandbox.id, epoch: sandbox.epoch },
      loss: host.lastLoss(workspaceId),
    };
  };

  app.get('/v1/host', async (): Promise<z.infer<typeof hostViewSchema>> => {
    return { ...state(), sandboxes: await host.list() };
  });
  app.get('/v1/host/state', async () => state());
  app.get('/v1/workspaces/:id', async ({ params }) => view(workspaceParams.parse(params).id));

  app.post('/v1/workspaces/:id/start', async ({ params, body }, reply) => {
    const { id: workspaceId } = workspaceParams.parse(params);
    const { image, ...asked } = startSchema.parse(body);
    const spec = { workspaceId, ...asked };
    // Never a directory of the controller's choosing: only the one that holds this workspace's files here.
    if (volumes.liveDirectory(workspaceId) !== spec.homeDirectory) throw notItsDirectory(workspaceId);
    await host.start(spec, signalOf(reply), image);
    return view(workspaceId);
  });
  app.post('/v1/workspaces/:id/adopt', async ({ params, body }) => {
    const { id } = workspaceParams.parse(params);
    const { epoch } = byEpochSchema.parse(body);
    const before = host.current(id);
    const sandbox = await host.adopt(id, epoch);
    // Whoever had it under the older epoch hears and says no more from here on.
    if (sandbox && before?.epoch !== epoch) sandbox.port.cut();
    return view(id);
  });
  app.post('/v1/workspaces/:id/freeze', async ({ params, body }, reply) => {
    const { id } = workspaceParams.parse(params);
    await host.freeze(id, byEpochSchema.parse(body).epoch, signalOf(reply));
    return view(id);
  });
  app.post('/v1/workspaces/:id/thaw', async ({ params, body }, reply) => {
    const { id } = workspaceParams.parse(params);
    await host.thaw(id, byEpochSchema.parse(body).epoch, signalOf(reply));
    return view(id);
  });
  app.post('/v1/workspaces/:id/store', async ({ params, body }, reply) => {
    const { id } = workspaceParams.parse(params);
    const { epoch, key } = storeSchema.parse(body);
    const image = await host.store(id, epoch, key, signalOf(reply));
    return { host: state(), image };
  });
  app.get('/v1/images', async () => ({ images: await host.images() }));
  app.delete('/v1/images/:id', async ({ params }) => {
    await host.dropImage(sandboxParams.parse(params).id);
    return state();
  });
  app.post('/v1/workspaces/:id/stop', async ({ params, body }) => {
    const { id } = workspaceParams.parse(params);
    await host.stop(id, byEpochSchema.parse(body).epoch);
    return view(id);
  });
  app.delete('/v1/sandboxes/:id', async ({ params }) => {
    await host.destroy(sandboxParams.parse(params).id);
    return state();
  });
}

const notItsDirectory = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('conflict', {
    doing: `starting a sandbox for workspace ${workspaceId}`,
    problem: 'the directory named is not where its files are on this host',
    next: 'Attach its files here first.',
    ids: { workspaceId },
  });
