/** `GET /v1/audit`: pages of events. `GET /v1/audit/export`: all of them as lines of JSON, as fast as they are read. */
import { Readable } from 'node:stream';
import { toEcs } from '@cellbook/shared/audit/ecs.ts';
import { parseBody } from '@cellbook/shared/audit/event-columns.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type AuditExportQuery,
  type AuditLine,
  auditExportQuerySchema,
  auditPageSchema,
  auditQuerySchema,
} from '@cellbook/shared/protocol/audit.ts';
import type { FastifyRequest } from 'fastify';
import { needs } from '../../api/access/route-access.ts';
import type { ApiScope } from '../../api/api-scope.ts';
import { decodeNumber } from '../../api/workspaces/cursors.ts';
import type { AuditLog } from '../audit-log.ts';
import { eventOf } from '../request-event.ts';
import type { AuditQuery, AuditStore } from '../store/audit-store.ts';
import { scopeOf } from './audit-scope.ts';

export interface AuditRouteDeps {
  store: Pick<AuditStore, 'list' | 'noteExported'>;
  log: AuditLog;
  chain: string;
}

export function registerAuditRoutes(app: ApiScope, deps: AuditRouteDeps): void {
  const tags = ['audit'];
  const listed = {
    operationId: 'listAudit',
    summary: 'Who did what: your own events, as an admin your organisation’s, as an operator all',
    description: 'Newest first, and only of this cell; what the edge did itself is at /v1/edge-audit.',
    tags,
    querystring: auditQuerySchema,
    response: { 200: auditPageSchema },
  };
  app.get('/v1/audit', { schema: listed, ...needs('audit.read') }, async ({ principal, query }) => {
    const { limit, cursor } = query;
    const before = cursor === undefined ? undefined : decodeNumber(cursor);
    const scope = scopeOf(principal, query.scope);
    const rows = await deps.store.list({ ...filtersOf(query), scope, before, limit: limit + 1 });
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const events = rows.slice(0, limit).map(({ body }) => parseBody(body));
    return { events, nextCursor: last ? String(last.seq) : null };
  });

  const exported = {
    operationId: 'exportAudit',
    summary: 'The same events as lines of JSON, oldest first; goes on from `after`',
    description:
      'application/x-ndjson. The export is an event itself (`audit.export`), recorded before its first line.',
    tags,
    querystring: auditExportQuerySchema,
  };
  app.get('/v1/audit/export', { schema: exported, ...needs('audit.read') }, async (request, reply) => {
    const scope = scopeOf(request.principal, request.query.scope);
    await recordExport(deps.log, request, scope.kind);
    const query = { ...filtersOf(request.query), scope };
    await noteReceived(deps.store, query, request.query.after);
    const lines = Readable.from(linesOf(deps, query, request.query), { objectMode: false });
    return reply
      .header('content-type', 'application/x-ndjson')
      .header('cache-control', 'no-store')
      .send(lines);
  });
}

/** A page is read when the one before it has left; a slow reader holds nothing but that. */
async function* linesOf(
  { store, chain }: AuditRouteDeps,
  query: Omit<AuditQuery, 'limit'>,
  { format, after }: AuditExportQuery,
): AsyncGenerator<string> {
  for (let from = after; ; ) {
    const rows = await store.list({ ...query, after: from, limit: limits.audit.pageRows });
    if (rows.length === 0) return;
    const lines = rows.map(
      ({ seq, hash, body }): AuditLine => ({ chain, seq, hash, event: parseBody(body) }),
    );
    yield lines.map((line) => `${JSON.stringify(format === 'ecs' ? toEcs(line) : line)}\n`).join('');
    from = rows.at(-1)?.seq ?? from;
  }
}

/** Who comes back for what is behind a row has everything before it: an operator's own word. */
async function noteReceived(
  store: AuditRouteDeps['store'],
  query: Omit<AuditQuery, 'limit'>,
  after: number,
): Promise<void> {
  const { scope, ...filters } = query;
  const isWhole = scope.kind === 'all' && Object.values(filters).every((filter) => filter === undefined);
  if (isWhole && after > 0) await store.noteExported(after);
}

async function recordExport(log: AuditLog, request: FastifyRequest, scope: string): Promise<void> {
  const event = eventOf(request, 'audit.export');
  const details = { ...event.details, scope };
  await log.record({ ...event, details, result: { outcome: 'ok', code: null, status: 200 } });
}

type Filters = Pick<AuditExportQuery, 'since' | 'until' | 'action' | 'actor' | 'resource' | 'outcome'>;

const filtersOf = ({ since, until, action, actor, resource, outcome }: Filters) => ({
  ...{ action, actor, resource, outcome },
  sinceMs: since === undefined ? undefined : Date.parse(since),
  untilMs: until === undefined ? undefined : Date.parse(until),
});
