/** `/api/resolvePath`: what a path in a kernel's output means, as a file of the workspace and as the kernel sees it. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { homePath } from '../../sandbox/driver.ts';
import type { FileTree } from '../../storage/file-tree.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { normalPath } from '../workspace/paths.ts';
import type { WorkspaceGateway } from '../workspace/workspace-gateway.ts';
import { prefix, query, type RouteContext, sendJson, workspaceOf } from './context.ts';

interface Resolved {
  scope: 'server' | 'kernel';
  path: string;
}

export function registerResolvePathRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(`${prefix}/api/resolvePath`, async (request, reply) => {
    const path = query(request, 'path');
    if (path === undefined) throw noPath();
    const workspace = await workspaceOf(context, request);
    const files = await context.files(workspace.id);
    const resolved: Resolved[] = [];
    const inFiles = insideHome(path, '');
    if (inFiles !== null && (await exists(files, inFiles))) resolved.push({ scope: 'server', path: inFiles });
    const kernelId = query(request, 'kernel');
    const kernel = kernelId === undefined ? undefined : kernelNamed(workspace, kernelId);
    if (kernel) {
      const inKernel = insideHome(path, kernel.record.directory);
      if (inKernel !== null && (await exists(files, inKernel)))
        resolved.push({ scope: 'kernel', path: `${homePath}/${inKernel}` });
    }
    if (kernelId === undefined || kernel) return sendJson(reply, { resolved });
    const reason = `Kernel ${kernelId.slice(0, 100)} could not be found`;
    return sendJson(reply, { resolved, unresolved: [{ scope: 'kernel', reason }] });
  });
}

function kernelNamed(workspace: WorkspaceGateway, kernelId: string): Kernel | undefined {
  return [...workspace.kernels.values()].find(({ id }) => id === kernelId);
}

/** A path relative to the files' root, from where it was written; null when it leads out of them. */
export function insideHome(path: string, directory: string): string | null {
  const absolute = path.startsWith('~/') ? `${homePath}/${path.slice(2)}` : path;
  if (absolute.includes('\0')) return null;
  if (absolute.startsWith('/') && !absolute.startsWith(`${homePath}/`)) return null;
  const inside = absolute.startsWith('/') ? absolute.slice(homePath.length + 1) : `${directory}/${absolute}`;
  let depth = 0;
  for (const name of inside.split('/')) {
    if (name === '..') depth -= 1;
    else if (name !== '' && name !== '.') depth += 1;
    if (depth < 0) return null;
  }
  return normalPath(inside);
}

async function exists(files: FileTree, path: string): Promise<boolean> {
  if (path === '') return true;
  return (await files.stat(path.split('/'))) !== null;
}

function noPath(): CellbookError {
  return new CellbookError('bad_request', {
    doing: 'resolving a path',
    problem: 'Missing argument path',
    next: 'Ask with ?path=.',
  });
}
