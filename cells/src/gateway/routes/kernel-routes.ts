import { limits } from '@cellbook/shared/limits.ts';
import { parkingHeader, readParking } from '@cellbook/shared/protocol/parking-api.ts';
import { traceparentHeader } from '@cellbook/shared/trace.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../../api/access/route-access.ts';
import { eventOf } from '../../audit/request-event.ts';
import type { SocketOrigin } from '../channel/client-socket.ts';
import { tooMany } from '../refusals.ts';
import { acceptKernelSocket, type KernelSocketRequest } from '../sockets/kernel-sockets.ts';
import type { CodeRecording } from '../sockets/recorded-code.ts';
import { findKernel, kernelModel, shutdownKernel, startKernel } from '../workspace/kernel-service.ts';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import {
  baseUrl,
  param,
  prefix,
  query,
  type RouteContext,
  readBody,
  requestIdOf,
  sendJson,
  workspaceOf,
} from './context.ts';
import { kernelActions } from './event-bus.ts';
import { registerSocketRoute } from './socket-route.ts';

const startSchema = z
  .object({ name: z.string().nullish(), path: z.string().nullish(), kernel_id: z.string().nullish() })
  .nullable();

export function registerKernelRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${prefix}/api/kernels`;
  app.get(path, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    return sendJson(reply, [...workspace.kernels.values()].map(kernelModel));
  });
  app.post(path, using, async (request, reply) => {
    const body = readBody(request, startSchema, 'starting a kernel');
    const workspace = await workspaceOf(context, request);
    const kernel = await startKernel(workspace, {
      kernelspec: body?.name,
      directory: body?.path,
      kernelId: body?.kernel_id,
    });
    tell(context, workspace, 'start', kernel.id, kernel.record.kernelspec);
    reply.header('location', `${baseUrl(request)}api/kernels/${kernel.id}`);
    return sendJson(reply, kernelModel(kernel), 201);
  });
  app.get(`${path}/:kernelId`, reading, async (request, reply) => {
    const kernel = findKernel(await workspaceOf(context, request), param(request, 'kernelId'));
    return sendJson(reply, kernelModel(kernel));
  });
  app.delete(`${path}/:kernelId`, using, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    await shutdownKernel(workspace, param(request, 'kernelId'));
    tell(context, workspace, 'shutdown', param(request, 'kernelId'));
    return reply.code(204).send();
  });
  app.post(`${path}/:kernelId/interrupt`, using, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const kernel = findKernel(workspace, param(request, 'kernelId'));
    await kernel.interrupt();
    tell(context, workspace, 'interrupt', kernel.id);
    return reply.code(204).send();
  });
  app.post(`${path}/:kernelId/restart`, using, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const kernel = findKernel(workspace, param(request, 'kernelId'));
    await kernel.restart();
    tell(context, workspace, 'restart', kernel.id);
    return sendJson(reply, kernelModel(kernel));
  });
  registerChannels(app, context, `${path}/:kernelId/channels`);
}

function registerChannels(app: FastifyInstance, context: RouteContext, path: string): void {
  const { sockets, parking, random } = context;
  registerSocketRoute<KernelSocketRequest>(app, {
    access: using,
    path,
    ...{ sockets, parking },
    ...{ what: 'kernel', standing: context.standing },
    isResting: ({ workspace }) => workspace.isResting,
    async prepare(request, isBack) {
      const workspace = await workspaceOf(context, request);
      const kernel = findKernel(workspace, param(request, 'kernelId'));
      if (!isBack) refuseTooMany(workspace, kernel.channel.connections);
      const sessionId = query(request, 'session_id') || readParking(request.headers[parkingHeader])?.socket;
      const recording = recordingOf(context, request, kernel.id);
      return { workspace, kernel, sessionId, origin: originOf(request), recording };
    },
    accept: (socket, target) => acceptKernelSocket(socket, target, { sweep: sockets, random }),
  });
}

/** Of organisations that asked for it; of all others no code is looked at. */
function recordingOf(
  { audit }: RouteContext,
  request: FastifyRequest,
  kernelId: string,
): CodeRecording | null {
  if (!audit || request.principal.audit?.code !== true) return null;
  const event = eventOf(request, 'kernel.execute');
  return { log: audit, event: { ...event, details: { ...event.details, kernel: kernelId } } };
}

function originOf(request: FastifyRequest): SocketOrigin {
  const traceparent = request.headers[traceparentHeader];
  return {
    requestId: requestIdOf(request),
    traceparent: typeof traceparent === 'string' ? traceparent.slice(0, 64) : undefined,
  };
}

function refuseTooMany(workspace: WorkspaceGateway, connections: number): void {
  const { socketsPerKernelMax, socketsPerWorkspaceMax } = limits.gateway;
  if (connections >= socketsPerKernelMax) throw tooMany('connection to one kernel', socketsPerKernelMax);
  if (workspace.connections >= socketsPerWorkspaceMax) throw tooMany('connection', socketsPerWorkspaceMax);
}

function tell(
  context: RouteContext,
  workspace: WorkspaceGateway,
  action: string,
  kernelId: string,
  kernelName?: string,
): void {
  const data = {
    action,
    status: 'success',
    kernel_id: kernelId,
    kernel_name: kernelName ?? '',
    msg: `Kernel action '${action}' succeeded.`,
  };
  context.events.emit(workspace.id, { schema_id: kernelActions, version: '1', data }, context.clock.nowMs());
}
