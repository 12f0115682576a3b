/**
 * The contents service over HTTP, in a scope of its own: bodies are taken as bytes whatever their type says
 * (clients of jupyter_server send JSON under any), and refusals have the shape that Jupyter clients read.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance } from 'fastify';
import { reading } from '../api/access/route-access.ts';
import type { ContentsDeps } from './contents-deps.ts';
import { registerContentsApi } from './contents-routes.ts';
import { registerFileRoutes } from './files-routes.ts';
import { jupyterErrorHandler } from './jupyter-errors.ts';
import { registerResolvePath } from './resolve-path-route.ts';

export function registerContentsRoutes(app: FastifyInstance, deps: ContentsDeps): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    const options = { parseAs: 'buffer', bodyLimit: limits.contents.bodyBytesMax } as const;
    scope.addContentTypeParser('*', options, (_request, body, done) => done(null, body));
    scope.setErrorHandler(jupyterErrorHandler(deps.log));
    registerContentsApi(scope, deps);
    registerFileRoutes(scope, deps);
    registerResolvePath(scope, deps);
    scope.get('/w/:workspaceId/api/notebooks/*', reading, (request, reply) =>
      reply.redirect(request.url.replace('/api/notebooks', '/api/contents')),
    );
  });
}
