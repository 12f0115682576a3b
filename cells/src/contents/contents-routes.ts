/** `/w/:workspaceId/api/contents…`: the whole contents API of jupyter_server. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { reading, using } from '../api/access/route-access.ts';
import type { FileTree, TreePath } from '../storage/file-tree.ts';
import { markOf } from '../versions/mark-of.ts';
import { apiPath, isHidden, pathFromApi, pathFromUrl, urlPath } from './api-path.ts';
import type { ContentsDeps, ContentsEvent } from './contents-deps.ts';
import { copyTo } from './copy.ts';
import { flagSaves } from './flag-saves.ts';
import { handleMarks } from './mark-routes.ts';
import { type Model, type ModelQuery, modelOf, withoutContent } from './model.ts';
import { parseModelBody } from './request-body.ts';
import { encodedPathAfter, queryValue, workspaceOf } from './request-path.ts';
import { knownType, type SaveTools, saveModel, saveUntitled } from './save.ts';

export interface ContentsCall extends SaveTools {
  workspaceId: WorkspaceId;
  tree: FileTree;
  path: TreePath;
  /** Where the client sees the contents API. */
  contentsUrl: string;
  request: FastifyRequest;
  reply: FastifyReply;
  emit(event: ContentsEvent): void;
  flag(reply: FastifyReply, model: Model): Promise<Model>;
  /** A file or folder has another path now, or none. */
  moved(from: string, to: string | null): Promise<void>;
}

const handlers: Record<string, (call: ContentsCall) => Promise<unknown>> = {
  GET: getModel,
  PUT: putModel,
  POST: postModel,
  PATCH: renameModel,
  DELETE: deleteModel,
};

export function registerContentsApi(scope: FastifyInstance, deps: ContentsDeps): void {
  for (const url of ['/w/:workspaceId/api/contents', '/w/:workspaceId/api/contents/*'])
    for (const [method, handler] of Object.entries(handlers))
      scope.route({
        ...{ method, url, ...(method === 'GET' ? reading : using) },
        async handler(request, reply) {
          const workspaceId = workspaceOf(request);
          const encoded = encodedPathAfter(request, 'api/contents');
          const tree = await deps.volumes.files(workspaceId);
          const base = deps.basePath?.(request) ?? `/w/${workspaceId}/`;
          const call = {
            ...{ workspaceId, tree, request, reply, random: deps.random },
            version: markOf(request.principal),
            contentsUrl: `${base}api/contents/`,
            emit: (event: ContentsEvent) => deps.onEvent?.(workspaceId, event),
            ...flagSaves(deps.findings, workspaceId),
            moved: async (from: string, to: string | null) => deps.findings?.moved(workspaceId, from, to),
          };
          const marks = await handleMarks(method, encoded, { ...call, path: [] });
          return marks.handled ? marks.answer : handler({ ...call, path: pathFromUrl(encoded) });
        },
      });
}

async function getModel(call: ContentsCall): Promise<unknown> {
  const model = await modelOf(call.tree, call.path, parseQuery(call.request), call.random);
  call.emit({ action: 'get', path: model.path });
  return finish(call, model, false);
}

async function putModel(call: ContentsCall): Promise<unknown> {
  const { tree, path } = call;
  const body = parseModelBody(call.request.body);
  if (!body) return created(call, await saveUntitled(call, path, null));
  if (body.copy_from) throw refused('Cannot copy with PUT, only POST');
  const named = body.path ? pathFromApi(body.path) : path;
  if (isHidden(path) || isHidden(named)) throw refused(`Cannot create file or directory '${apiPath(path)}'`);
  const isNew = (await tree.stat(path))?.type !== 'file';
  const model = await call.flag(call.reply, await saveModel(call, path, body, { isNew }));
  call.emit({ action: 'save', path: model.path });
  return isNew ? created(call, model) : finish(call, model);
}

async function postModel(call: ContentsCall): Promise<unknown> {
  const { tree, path } = call;
  if ((await tree.stat(path))?.type === 'file') throw refused('Cannot POST to files, use PUT instead.');
  const body = parseModelBody(call.request.body);
  if (!body?.copy_from) {
    if (isHidden(path)) throw refused(`Cannot create file or directory '${apiPath(path)}'`);
    const model = await saveUntitled(call, path, body);
    call.emit({ action: 'create', path: model.path });
    return created(call, model);
  }
  const from = pathFromApi(body.copy_from);
  if (isHidden(path) || isHidden(from)) throw refused(`Cannot copy file or directory '${apiPath(path)}'`);
  const model = await copyTo(call, from, path);
  call.emit({ action: 'copy', path: model.path, sourcePath: apiPath(from) });
  return created(call, model);
}

async function renameModel(call: ContentsCall): Promise<unknown> {
  const { tree, path } = call;
  const body = parseModelBody(call.request.body);
  if (!body) throw refused('JSON body missing');
  const to = body.path ? pathFromApi(body.path) : path;
  if (isHidden(path) || isHidden(to)) throw refused(`Cannot rename file or directory '${apiPath(path)}'`);
  if (path.length === 0 || to.length === 0) throw refused("Can't rename root");
  if (apiPath(to) !== apiPath(path)) {
    await tree.move(path, to);
    await call.moved(apiPath(path), apiPath(to));
    call.emit({ action: 'rename', path: apiPath(to), sourcePath: apiPath(path) });
  }
  return finish(call, await modelOf(tree, to, withoutContent, call.random));
}

async function deleteModel({ tree, path, reply, emit, moved }: ContentsCall): Promise<unknown> {
  if (isHidden(path)) throw refused(`Cannot delete file or directory '${apiPath(path)}'`);
  if (path.length === 0) throw refused("Can't delete root");
  await tree.remove(path);
  await moved(apiPath(path), null);
  emit({ action: 'delete', path: apiPath(path) });
  return reply.code(204).send();
}

function parseQuery(request: FastifyRequest): ModelQuery {
  const flag = (name: string, usual: string) => {
    const value = queryValue(request, name) ?? usual;
    if (value !== '0' && value !== '1')
      throw refused(`${name} '${value}' is invalid. It must be '0' or '1'.`);
    return value === '1';
  };
  const format = queryValue(request, 'format');
  if (format !== null && format !== 'text' && format !== 'base64')
    throw refused(`Format '${format}' is invalid`);
  const type = knownType(queryValue(request, 'type'));
  return { type, format, content: flag('content', '1'), hash: flag('hash', '0') };
}

function created(call: ContentsCall, model: Model): unknown {
  call.reply.code(201);
  return finish(call, model);
}

function finish({ reply, contentsUrl }: ContentsCall, model: Model, location = true): unknown {
  if (location) reply.header('location', contentsUrl + urlPath(pathFromApi(model.path)));
  reply.header('last-modified', new Date(model.last_modified).toUTCString());
  reply.header('content-type', 'application/json');
  // Numbers that are kept as text are only written right by JSON.stringify itself.
  return reply.send(JSON.stringify(model));
}

const refused = (problem: string) =>
  new CellbookError('bad_request', { doing: 'answering a contents request', problem });
