/** `/w/:workspaceId/api/resolvePath`: where a path that somebody printed (a traceback) leads, if anywhere. */
import { posix } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { reading } from '../api/access/route-access.ts';
import { homePath } from '../sandbox/driver.ts';
import type { FileTree } from '../storage/file-tree.ts';
import { apiPath, pathFromApi } from './api-path.ts';
import type { ContentsDeps } from './contents-deps.ts';
import { queryValue, workspaceOf } from './request-path.ts';

export function registerResolvePath(scope: FastifyInstance, deps: ContentsDeps): void {
  scope.get('/w/:workspaceId/api/resolvePath', reading, async (request) => {
    const workspaceId = workspaceOf(request);
    const path = queryValue(request, 'path');
    if (path === null)
      throw new CellbookError('bad_request', { doing: 'resolving a path', problem: 'Missing argument path' });
    const kernelId = queryValue(request, 'kernel');
    const resolved: { scope: string; path: string }[] = [];
    const unresolved: { scope: string; reason: string }[] = [];
    const inTree = await resolveInTree(await deps.volumes.files(workspaceId), path);
    if (inTree !== null) resolved.push({ scope: 'server', path: inTree });
    if (kernelId) {
      const inKernel = (await deps.resolveKernelPath?.(workspaceId, kernelId, path)) ?? null;
      if (inKernel === 'unknown')
        unresolved.push({ scope: 'kernel', reason: `Kernel ${kernelId} could not be found` });
      else if (inKernel !== null) resolved.push({ scope: 'kernel', path: inKernel });
    }
    return unresolved.length > 0 ? { resolved, unresolved } : { resolved };
  });
}

/** The API path of a file, given as one, as an absolute path in the sandbox, or below `~`. */
async function resolveInTree(tree: FileTree, text: string): Promise<string | null> {
  const expanded = text === '~' || text.startsWith('~/') ? homePath + text.slice(1) : text;
  const normal = posix.normalize(expanded);
  const inside =
    normal === homePath || normal.startsWith(`${homePath}/`) ? normal.slice(homePath.length) : normal;
  try {
    const path = pathFromApi(inside);
    return (await tree.stat(path)) ? apiPath(path) : null;
  } catch (error) {
    if (error instanceof CellbookError && error.status < 500) return null;
    throw error;
  }
}
