/** What a controller may ask of the live directories on this host. */
import { Readable } from 'node:stream';
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { environmentResetSchema } from '@cellbook/shared/protocol/environment-api.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { decodeEnvelope } from '../../sandbox/link/frames.ts';
import { byEpochSchema } from '../wire/commands.ts';
import { openSchema, readSchema, treeCallSchema, treeMethodSchema } from '../wire/tree-wire.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { signalOf, workspaceParams } from './daemon-request.ts';
import { serveTree } from './serve-tree.ts';

const treeParams = workspaceParams.extend({ method: treeMethodSchema.or(z.enum(['open', 'read'])) });

export function registerFileRoutes(app: FastifyInstance, { volumes, host, disk }: DaemonParts): void {
  const path = (command: string) => `/v1/workspaces/:id/files/${command}`;
  const read = async ({ params, body }: { params: unknown; body: unknown }) => {
    const { id } = workspaceParams.parse(params);
    const { epoch } = byEpochSchema.parse(body);
    await host.enter(id, epoch, 'acting on its files');
    return { id, epoch };
  };

  app.post(path('attach'), async (request, reply) => {
    const { id, epoch } = await read(request);
    await disk.needRoomToStart(id);
    return volumes.attach(id, epoch, signalOf(reply));
  });
  app.post(path('adopt'), async (request) => {
    const { id, epoch } = await read(request);
    await volumes.adopt(id, epoch);
    return {};
  });
  app.post(path('flush'), async (request, reply) => {
    const { id, epoch } = await read(request);
    return volumes.flush(id, epoch, signalOf(reply));
  });
  app.post(path('detach'), async (request) => {
    const { id, epoch } = await read(request);
    await volumes.detach(id, epoch);
    return {};
  });
  app.post(path('destroy'), async (request) => {
    await volumes.destroy((await read(request)).id);
    return {};
  });

  app.post(path('reset-environment'), async (request, reply) => {
    const { id } = await read(request);
    await volumes.resetEnvironment(id, environmentResetSchema.parse(request.body).to, signalOf(reply));
    return {};
  });

  app.post('/v1/workspaces/:id/tree/:method', async ({ params, body }, reply) => {
    const { id, method } = treeParams.parse(params);
    const { value, binary } = decodeEnvelope(z.instanceof(Buffer).parse(body));
    const { epoch, args, reservation } = treeCallSchema.parse(value);
    refuseOlderEpoch(epoch, volumes.liveEpoch(id) ?? 0, 'the files on this host', { workspaceId: id });
    const tree = await volumes.files(id, { ...(reservation && { reservation }) });
    if (method === 'read')
      return reply.type('application/octet-stream').send(await tree.read(readSchema.parse(args)[0]));
    if (method === 'open') {
      const [at, range] = openSchema.parse(args);
      const bytes = await tree.open(at, range ?? undefined);
      return reply.type('application/octet-stream').send(Readable.from(bytes));
    }
    await disk.needRoomFor(method, binary.length, id);
    return { value: await serveTree(tree, method, args, binary) };
  });
}
