/**
 * `/w/:workspaceId/files/*` serves a file's bytes and `/w/:workspaceId/view/*` a page that frames them. What
 * users and their code make is not ours: it is sandboxed by its content security policy, never sniffed, and
 * always streamed.
 */
import { Readable } from 'node:stream';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { escapeHtml } from '@cellbook/shared/escape-html.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { reading } from '../api/access/route-access.ts';
import type { FileStat, TreePath } from '../storage/file-tree.ts';
import { encodeName, isHidden, pathFromUrl, urlPath } from './api-path.ts';
import { parseRange } from './byte-range.ts';
import type { ContentsDeps } from './contents-deps.ts';
import { guessMediaType } from './media-types.ts';
import { noSuchFile } from './model.ts';
import { encodedPathAfter, queryValue, workspaceOf } from './request-path.ts';

export function registerFileRoutes(scope: FastifyInstance, deps: ContentsDeps): void {
  const files = (request: FastifyRequest, reply: FastifyReply) => serveFile(deps, request, reply);
  const view = (request: FastifyRequest, reply: FastifyReply) => serveView(deps, request, reply);
  scope.route({ method: ['GET', 'HEAD'], url: '/w/:workspaceId/files/*', ...reading, handler: files });
  scope.route({ method: 'GET', url: '/w/:workspaceId/view/*', ...reading, handler: view });
}

async function serveFile(deps: ContentsDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = pathFromUrl(encodedPathAfter(request, 'files'));
  const tree = await deps.volumes.files(workspaceOf(request));
  const stat = await tree.stat(path);
  if (!stat || isHidden(path)) throw noSuchFile(path);
  if (stat.type === 'directory')
    throw new CellbookError('forbidden', {
      doing: 'serving a file',
      problem: `${path.join('/')} is not a file`,
    });
  setFileHeaders(reply, path, stat, queryValue(request, 'download') !== null);
  if (isNotModified(request, stat)) return reply.code(304).send();
  const size = stat.sizeBytes ?? 0;
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size}`).send();
  const { start, end } = range ?? { start: 0, end: size };
  if (range) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`);
  reply.header('content-length', end - start);
  if (request.method === 'HEAD') return reply.send();
  return reply.send(Readable.fromWeb(await tree.open(path, { start, end })));
}

function setFileHeaders(reply: FastifyReply, path: TreePath, stat: FileStat, download: boolean): void {
  const name = path.at(-1) ?? '';
  reply.headers({
    'content-type': contentType(name),
    'last-modified': new Date(stat.modifiedMs).toUTCString(),
    'cache-control': 'no-cache',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "frame-ancestors 'self'; sandbox allow-scripts",
  });
  if (download || name.endsWith('.ipynb'))
    reply.header('content-disposition', `attachment; filename*=utf-8''${encodeName(name)}`);
}

function contentType(name: string): string {
  const { type, encoding } = guessMediaType(name);
  if (name.toLowerCase().endsWith('.ipynb')) return 'application/x-ipynb+json';
  if (encoding !== null) return encoding === 'gzip' ? 'application/gzip' : 'application/octet-stream';
  return type === 'text/plain' ? 'text/plain; charset=UTF-8' : (type ?? 'application/octet-stream');
}

function isNotModified(request: FastifyRequest, stat: FileStat): boolean {
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return since >= Math.floor(stat.modifiedMs / 1_000) * 1_000;
}

async function serveView(deps: ContentsDeps, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const path = pathFromUrl(encodedPathAfter(request, 'view'));
  const workspaceId = workspaceOf(request);
  const stat = await (await deps.volumes.files(workspaceId)).stat(path);
  if (stat?.type !== 'file' || isHidden(path)) throw noSuchFile(path);
  const base = deps.basePath?.(request) ?? `/w/${workspaceId}/`;
  const title = escapeHtml(path.at(-1) ?? '');
  const source = escapeHtml(`${base}files/${urlPath(path)}`);
  reply.header('content-type', 'text/html; charset=UTF-8');
  reply.header(
    'content-security-policy',
    "frame-ancestors 'self'; default-src 'none'; frame-src 'self'; style-src 'unsafe-inline'",
  );
  return reply.send(viewPage(title, source));
}

const viewPage = (title: string, source: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>html, body, iframe { border: 0; height: 100%; margin: 0; overflow: hidden; width: 100%; }</style>
</head>
<body><iframe sandbox="allow-scripts" title="${title}" src="${source}"></iframe></body>
</html>
`;
