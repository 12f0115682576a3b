import { CellbookError } from '@cellbook/shared/errors.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { reading } from '../../api/access/route-access.ts';
import type { KernelspecCatalog } from '../store/kernel-store.ts';
import { baseUrl, param, prefix, type RouteContext, sendJson, workspaceOf } from './context.ts';

export function registerKernelspecRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${prefix}/api/kernelspecs`;
  app.get(path, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const { kernelspecs } = await workspace.kernelspecs.catalog();
    const models = Object.values(kernelspecs).map((entry) => [entry.name, modelOf(request, entry)]);
    const name = await workspace.kernelspecs.defaultName();
    return sendJson(reply, { default: name, kernelspecs: Object.fromEntries(models) });
  });
  app.get(`${path}/:name`, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const { kernelspecs } = await workspace.kernelspecs.catalog();
    const name = param(request, 'name');
    if (!Object.hasOwn(kernelspecs, name)) throw notThere('Kernel spec', name);
    return sendJson(reply, modelOf(request, kernelspecs[name]!));
  });
  app.get(`${prefix}/kernelspecs/:name/:file`, reading, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const [name, file] = [param(request, 'name'), param(request, 'file')];
    const bytes = await workspace.kernelspecs.resource(name, file);
    if (!bytes) throw notThere('Kernel spec resource', `${name}/${file}`);
    reply.header('cache-control', 'private, max-age=3600');
    return reply.type(typeOf(file)).send(bytes);
  });
}

/** `logo-64x64.png` is shown as resource `logo-64x64`, `kernel.js` under its own name. */
function modelOf(
  request: FastifyRequest,
  { name, spec, resources }: KernelspecCatalog['kernelspecs'][string],
) {
  const urls = resources.map((file) => {
    const key = file.startsWith('logo-') ? file.replace(/\.[^.]*$/, '') : file;
    return [key, `${baseUrl(request)}kernelspecs/${encodeURIComponent(name)}/${encodeURIComponent(file)}`];
  });
  return { name, spec, resources: Object.fromEntries(urls) };
}

function typeOf(file: string): string {
  const types: Record<string, string> = {
    png: 'image/png',
    svg: 'image/svg+xml',
    js: 'text/javascript',
    css: 'text/css',
  };
  return types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
}

function notThere(what: string, name: string): CellbookError {
  return new CellbookError('not_found', {
    doing: `reading a kernelspec`,
    problem: `${what} ${name.slice(0, 100)} not found`,
    next: 'List the kernelspecs.',
  });
}
