import { CellbookError } from '@cellbook/shared/errors.ts';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { FastifyRequest } from 'fastify';

/** The workspace in `/w/:workspaceId/…`. */
export function workspaceOf(request: FastifyRequest): WorkspaceId {
  const parsed = workspaceIdSchema.safeParse(request.url.split(/[/?]/)[2]);
  if (parsed.success) return parsed.data;
  throw new CellbookError('malformed_id', { doing: 'reading the URL', problem: 'it names no workspace' });
}

/** What follows `prefix` in the URL's path, still encoded: the router decodes, and would do so twice. */
export function encodedPathAfter(request: FastifyRequest, prefix: string): string {
  const path = request.url.split('?', 1)[0] ?? '';
  const rest = path.split('/').slice(3).join('/');
  return rest.slice(prefix.length);
}

/** One value of the query string, or null. */
export function queryValue(request: FastifyRequest, name: string): string | null {
  return new URLSearchParams(request.url.split('?')[1] ?? '').get(name);
}
