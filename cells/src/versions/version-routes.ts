/** `/v1/workspaces/:workspaceId/versions…`: what a file was at each save, read, compared and brought back. */
import { diffSchema, versionListSchema } from '@cellbook/shared/protocol/versions-api.ts';
import { z } from 'zod';
import { needs } from '../api/access/route-access.ts';
import type { ApiScope } from '../api/api-scope.ts';
import { workspaceParams } from '../api/workspaces/workspace-deps.ts';
import { apiPath, pathFromApi } from '../contents/api-path.ts';
import { registerForget, registerRestore } from './change-routes.ts';
import {
  base,
  fileQuery,
  present,
  tags,
  type VersionRouteDeps,
  versionId,
  versionParams,
} from './version-deps.ts';

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
