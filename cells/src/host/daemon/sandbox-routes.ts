/** What a controller may ask of sandboxes. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import {
  byEpochSchema,
  dropImageSchema,
  type HostState,
  type hostViewSchema,
  sealedImageSchema,
  startSchema,
  storeSchema,
  type WorkspaceView,
} from '../wire/commands.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { sandboxParams, signalOf, workspaceParams } from './daemon-request.ts';
import { refuseOtherDirectory } from './its-directory.ts';
import { registerPoolRoutes } from './pool-routes.ts';

export function registerSandboxRoutes(app: FastifyInstance, parts: DaemonParts): void {
  const { host, volumes, memory } = parts;
  const state = (): HostState => ({
    ...{
      hostId: host.hostId,
      load: { ...host.load(), memoryShort: memory.isShort() },
      draining: host.isDraining,
      processors: host.processors,
      waitsForBusy: host.waitsForBusy,
      keeps: host.keeps,
    },
    pool: host.pool && {
      own: host.pool.own,
      generations: [...host.pool.generations],
      ended: [...host.pool.ended],
    },
  });
  const view = (workspaceId: WorkspaceId): WorkspaceView => {
    const sandbox = host.current(workspaceId);
    return {
      host: state(),
      sandbox: sandbox && { sandboxId: sandbox.id, epoch: sandbox.epoch },
      cameBy: host.cameBy(workspaceId),
      loss: host.lastLoss(workspaceId),
    };
  };

  registerPoolRoutes(app, parts, { state, view });
  app.get('/v1/host', async (): Promise<z.infer<typeof hostViewSchema>> => {
    return { ...state(), sandboxes: await host.list() };
  });
  app.get('/v1/host/state', async () => state());
  app.get('/v1/workspaces/:id', async ({ params }) => view(workspaceParams.parse(params).id));

  app.post('/v1/workspaces/:id/start', async ({ params, body }, reply) => {
    const { id: workspaceId } = workspaceParams.parse(params);
    const { image, ...asked } = startSchema.parse(body);
    const spec = { workspaceId, ...asked };
    const kept = image && { of: image.of, key: image.key, ...(image.remote && { remoteOf: workspaceId }) };
    refuseOtherDirectory(volumes, spec);
    await host.start(spec, signalOf(reply), kept);
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
    const { epoch, ...kept } = storeSchema.parse(body);
    const image = await host.store(id, epoch, kept, signalOf(reply));
    return { host: state(), image };
  });
  app.get('/v1/images', async () => ({ images: await host.images() }));
  app.post('/v1/images/:id/open', async ({ params, body }) => {
    const { workspaceId, key } = sealedImageSchema.parse(body);
    host.openAhead(workspaceId, { of: sandboxParams.parse(params).id, key });
    return {};
  });
  app.post('/v1/images/:id/send', async ({ params, body }, reply) => {
    const { workspaceId, key } = sealedImageSchema.parse(body);
    return host.sendImage(workspaceId, { of: sandboxParams.parse(params).id, key }, signalOf(reply));
  });
  app.delete('/v1/images/:id', async ({ params, query }) => {
    await host.dropImage(sandboxParams.parse(params).id, dropImageSchema.parse(query));
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
