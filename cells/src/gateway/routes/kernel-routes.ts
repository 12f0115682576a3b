import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { tooMany } from '../refusals.ts';
import { acceptKernelSocket, type KernelSocketRequest } from '../sockets/kernel-sockets.ts';
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

const startSchema = z
  .object({ name: z.string().nullish(), path: z.string().nullish(), kernel_id: z.string().nullish() })
  .nullable();

export function registerKernelRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${prefix}/api/kernels`;
  app.get(path, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    return sendJson(reply, [...workspace.kernels.values()].map(kernelModel));
  });
  app.post(path, async (request, reply) => {
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
  app.get(`${path}/:kernelId`, async (request, reply) => {
    const kernel = findKernel(await workspaceOf(context, request), param(request, 'kernelId'));
    return sendJson(reply, kernelModel(kernel));
  });
  app.delete(`${path}/:kernelId`, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    await shutdownKernel(workspace, param(request, 'kernelId'));
    tell(context, workspace, 'shutdown', param(request, 'kernelId'));
    return reply.code(204).send();
  });
  app.post(`${path}/:kernelId/interrupt`, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const kernel = findKernel(workspace, param(request, 'kernelId'));
    await kernel.interrupt();
    tell(context, workspace, 'interrupt', kernel.id);
    return reply.code(204).send();
  });
  app.post(`${path}/:kernelId/restart`, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const kernel = findKernel(workspace, param(request, 'kernelId'));
    await kernel.restart();
    tell(context, workspace, 'restart', kernel.id);
    return sendJson(reply, kernelModel(kernel));
  });
  registerChannels(app, context, `${path}/:kernelId/channels`);
}

function registerChannels(app: FastifyInstance, context: RouteContext, path: string): void {
  const asked = new WeakMap<FastifyRequest, KernelSocketRequest>();
  const { sockets: sweep, random } = context;
  app.get(
    path,
    {
      websocket: true,
      async preHandler(request) {
        if (!request.ws) return;
        const workspace = await workspaceOf(context, request);
        const kernel = findKernel(workspace, param(request, 'kernelId'));
        refuseTooMany(workspace, kernel.channel.connections);
        const sessionId = query(request, 'session_id') || undefined;
        asked.set(request, { workspace, kernel, sessionId, requestId: requestIdOf(request) });
      },
    },
    (socket, request) => {
      const found = asked.get(request);
      if (found && !sweep.isDraining) acceptKernelSocket(socket, found, { sweep, random });
      else socket.close(1012, 'the cell restarts');
    },
  );
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
