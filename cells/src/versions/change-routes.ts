/** The routes of versions that change something: one is brought back, or those of a path are forgotten. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { versionListSchema, versionSchema } from '@cellbook/shared/protocol/versions-api.ts';
import { needs } from '../api/access/route-access.ts';
import type { ApiScope } from '../api/api-scope.ts';
import { workspaceParams, writeHeaders, writeOnce } from '../api/workspaces/workspace-deps.ts';
import { apiPath, pathFromApi } from '../contents/api-path.ts';
import type { FileTree, TreePath, VersionMark } from '../storage/file-tree.ts';
import { markOf } from './mark-of.ts';
import { base, fileQuery, present, tags, type VersionRouteDeps, versionParams } from './version-deps.ts';

export function registerRestore(app: ApiScope, deps: VersionRouteDeps): void {
  const schema = {
    operationId: 'restoreVersion',
    summary: 'Make an earlier version the file again, as a new version; nothing is lost',
    tags,
    params: versionParams,
    headers: writeHeaders,
    body: fileQuery,
    response: { 200: versionSchema },
  };
  app.post(`${base}/:version/restore`, { schema, ...needs('notebook.use') }, async (request, reply) =>
    writeOnce(deps, request, reply, async () => {
      const { workspaceId, version } = request.params;
      const tree = await deps.volumes.files(workspaceId);
      const path = pathFromApi(request.body.path);
      const bytes = await tree.readVersion(path, version);
      const body = await restore(tree, path, bytes, markOf(request.principal));
      deps.restored?.(workspaceId, apiPath(path), bytes);
      return { status: 200, body };
    }),
  );
}

export function registerForget(app: ApiScope, deps: VersionRouteDeps): void {
  const schema = {
    operationId: 'forgetVersions',
    summary:
      'Forget the versions of a file or of everything in a folder, also of what was deleted; files stay',
    tags,
    params: workspaceParams,
    headers: writeHeaders,
    body: fileQuery,
    response: { 200: versionListSchema },
  };
  app.post(`${base}/forget`, { schema, ...needs('notebook.use') }, async (request, reply) =>
    writeOnce(deps, request, reply, async () => {
      const tree = await deps.volumes.files(request.params.workspaceId);
      const path = pathFromApi(request.body.path);
      await tree.forgetVersions(path);
      const versions = (await tree.listVersions(path)).map(present);
      return { status: 200, body: { path: apiPath(path), versions } };
    }),
  );
}

async function restore(tree: FileTree, path: TreePath, bytes: Buffer, mark: VersionMark) {
  await makeParents(tree, path);
  await tree.write(path, bytes, { version: { ...mark, isNeeded: true } });
  const [newest] = await tree.listVersions(path);
  if (newest) return present(newest);
  throw new CellbookError('store_unavailable', {
    doing: `restoring a version of ${apiPath(path)}`,
    problem: 'the new version is not listed',
    next: 'Look at the file; try again if it is not what you wanted.',
  });
}

/** The folder may be gone like the file. */
async function makeParents(tree: FileTree, path: TreePath): Promise<void> {
  for (let depth = 1; depth < path.length; depth++) {
    const folder = path.slice(0, depth);
    if (!(await tree.stat(folder))) await tree.makeDirectory(folder);
  }
}
