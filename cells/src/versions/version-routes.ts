/** `/v1/workspaces/:workspaceId/versions…`: what a file was at each save, read, compared and brought back. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { userIdSchema, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { diffSchema, versionListSchema, versionSchema } from '@cellbook/shared/protocol/versions-api.ts';
import { z } from 'zod';
import { needs } from '../api/access/route-access.ts';
import type { ApiScope } from '../api/api-scope.ts';
import type { OnceDeps } from '../api/idempotency/once.ts';
import { workspaceParams, writeHeaders, writeOnce } from '../api/workspaces/workspace-deps.ts';
import { apiPath, pathFromApi } from '../contents/api-path.ts';
import type { FileTree, FileVersion, TreePath, VersionMark } from '../storage/file-tree.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import type { Differ } from './differ.ts';
import { markOf } from './mark-of.ts';

export interface VersionDeps {
  volumes: Pick<WorkspaceVolumes, 'files'>;
  differ: Pick<Differ, 'diff'>;
  /** Told of each file that is an earlier version again, as of any other save. */
  restored?(workspaceId: WorkspaceId, path: string, bytes: Buffer): void;
}

export type VersionRouteDeps = VersionDeps & OnceDeps;

const tags = ['versions'];
const fileQuery = z.object({ path: z.string().min(1).max(limits.contents.pathBytesMax) });
const versionId = z.string().regex(/^\d{1,16}$/, 'expected the id of a version');
const versionParams = workspaceParams.extend({ version: versionId });
const base = '/v1/workspaces/:workspaceId/versions';
const bytesAnswer = {
  description: 'The bytes',
  content: { 'application/octet-stream': { schema: z.any().meta({ type: 'string', format: 'binary' }) } },
};

export function registerVersionRoutes(app: ApiScope, deps: VersionRouteDeps): void {
  const { volumes } = deps;
  const list = {
    operationId: 'listVersions',
    summary: 'What was saved at a path, newest first; also of a file that is no more',
    tags,
  };
  app.get(
    base,
    {
      schema: {
        ...list,
        params: workspaceParams,
        querystring: fileQuery,
        response: { 200: versionListSchema },
      },
      ...needs('notebook.read'),
    },
    async ({ params, query }) => {
      const path = pathFromApi(query.path);
      const versions = await (await volumes.files(params.workspaceId)).listVersions(path);
      return { path: apiPath(path), versions: versions.map(present) };
    },
  );

  const read = {
    operationId: 'readVersion',
    summary: 'The bytes of one version',
    tags,
    params: versionParams,
    querystring: fileQuery,
  };
  app.get(
    `${base}/:version/content`,
    { schema: { ...read, response: { 200: bytesAnswer } }, ...needs('notebook.read') },
    async ({ params: { workspaceId, version }, query }, reply) => {
      const bytes = await (await volumes.files(workspaceId)).readVersion(pathFromApi(query.path), version);
      // Never shown as a page of ours: it is somebody's file.
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-disposition', 'attachment')
        .send(bytes);
    },
  );
  registerDiff(app, deps);
  registerRestore(app, deps);
  registerForget(app, deps);
}

function registerDiff(app: ApiScope, { volumes, differ }: VersionRouteDeps): void {
  const schema = {
    operationId: 'diffVersions',
    summary: 'How two versions differ, a notebook cell by cell; `current` is the file as it is',
    tags,
    params: versionParams.extend({ other: versionId.or(z.literal('current')) }),
    querystring: fileQuery,
    response: { 200: diffSchema },
  };
  app.get(
    `${base}/:version/diff/:other`,
    { schema, ...needs('notebook.read') },
    async ({ params: { workspaceId, version, other }, query }) => {
      const [tree, path] = [await volumes.files(workspaceId), pathFromApi(query.path)];
      const before = await tree.readVersion(path, version);
      const after = other === 'current' ? await tree.read(path) : await tree.readVersion(path, other);
      return differ.diff(workspaceId, { path: query.path, before, after });
    },
  );
}

function registerRestore(app: ApiScope, deps: VersionRouteDeps): void {
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

function registerForget(app: ApiScope, deps: VersionRouteDeps): void {
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

function present({ id, savedMs, author, sizeBytes }: FileVersion) {
  const savedBy = userIdSchema.safeParse(author);
  return { id, savedAt: new Date(savedMs).toISOString(), savedBy: savedBy.data ?? null, sizeBytes };
}
