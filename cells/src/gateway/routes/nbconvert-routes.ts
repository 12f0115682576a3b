/** Converting notebooks. It runs inside the workspace's sandbox: a converter executes the notebook's own code paths. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { reading, using } from '../../api/access/route-access.ts';
import { type Converted, convert, exporters } from '../convert/convert.ts';
import { normalPath } from '../workspace/paths.ts';
import {
  param,
  prefix,
  query,
  type RouteContext,
  readBody,
  sendJson,
  setPolicy,
  workspaceOf,
} from './context.ts';

const postSchema = z.object({
  name: z.string().max(255).default('notebook.ipynb'),
  content: z.record(z.string(), z.unknown()),
});

/** Converted notebooks hold scripts of their own: they get an origin of their own too. */
const sandboxPolicy = 'sandbox allow-scripts';

export function registerNbconvertRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(`${prefix}/api/nbconvert`, reading, async (_request, reply) => {
    const models = Object.entries(exporters).map(([name, mimetype]) => [name, { output_mimetype: mimetype }]);
    return sendJson(reply, Object.fromEntries(models));
  });
  app.get(`${prefix}/nbconvert/:format/*`, using, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const path = normalPath(param(request, '*'));
    const converted = await convert(workspace, param(request, 'format'), { path });
    return sendConverted(request, reply, converted, query(request, 'download')?.toLowerCase() === 'true');
  });
  app.post(`${prefix}/nbconvert/:format`, using, async (request, reply) => {
    const { name, content } = readBody(request, postSchema, 'converting a notebook', false);
    const workspace = await workspaceOf(context, request);
    const converted = await convert(workspace, param(request, 'format'), { name, content });
    return sendConverted(request, reply, converted, false);
  });
}

function sendConverted(
  request: FastifyRequest,
  reply: FastifyReply,
  { mimetype, fileName, isZip, bytes }: Converted,
  isDownload: boolean,
): FastifyReply {
  setPolicy(request, reply, sandboxPolicy);
  reply.header('cache-control', 'no-store, no-cache, must-revalidate, max-age=0');
  if (isDownload || isZip)
    reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`);
  const type = mimetype || 'text/plain';
  return reply.header('content-type', isZip ? type : `${type}; charset=utf-8`).send(bytes);
}
