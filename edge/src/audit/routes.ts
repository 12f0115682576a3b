/**
 * `/v1/edge-audit`: the events of the edge itself, read as a cell's are (`/v1/audit`), and for verification the
 * chain whole: its rows, and what was signed of it here and among the anchors.
 */

import { decide } from '@cellbook/shared/access/access.ts';
import { refusalOf } from '@cellbook/shared/access/refusal.ts';
import { toEcs } from '@cellbook/shared/audit/ecs.ts';
import { parseBody } from '@cellbook/shared/audit/event-columns.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type AuditLine,
  type AuditListQuery,
  auditExportQuerySchema,
  auditPageSchema,
  auditQuerySchema,
} from '@cellbook/shared/protocol/audit.ts';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import type { Call, GuardedRoute } from '../edge-route.ts';
import type { Identity } from '../identity/identity.ts';
import type { EdgeAuditScope } from './audit-query.ts';
import { edgeChain } from './edge-statements.ts';
import { recordAudit } from './record-audit.ts';

const reads = { method: 'GET', permission: 'audit.read' } as const;

export const auditRoutes: readonly GuardedRoute[] = [
  {
    ...reads,
    path: '/v1/edge-audit',
    about: 'caller',
    answer: list,
    describes: {
      id: 'listEdgeAudit',
      summary: 'Sign-ins, keys, members and refusals at the edge, newest first',
      query: auditQuerySchema,
      status: 200,
      answers: auditPageSchema,
    },
  },
  {
    ...{ ...reads, path: '/v1/edge-audit/export', about: 'caller', answer: exportLines },
    describes: {
      id: 'exportEdgeAudit',
      summary: 'The same as lines of JSON, oldest first; goes on from `after`',
      query: auditExportQuerySchema,
      status: 200,
      answers: null,
    },
  },
  {
    ...{ ...reads, path: '/v1/edge-audit/chain', about: 'platform', answer: ({ ask }) => chain(ask) },
    describes: {
      id: 'readEdgeAuditChain',
      summary: 'The chain whole with what was signed of it, as lines of JSON, for verification',
      status: 200,
      answers: null,
    },
  },
];

async function list({ ask, identity }: Call & { identity: Identity }): Promise<Response> {
  const { limit, cursor, scope, ...filters } = parse(ask, auditQuerySchema);
  const before = cursor === undefined ? undefined : z.coerce.number().int().positive().catch(0).parse(cursor);
  const query = { ...filters, before, scope: scopeOf(identity, scope), limit: limit + 1 };
  const rows = await ask.edge.audit.store.list(query);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const events = rows.slice(0, limit).map(({ body }) => parseBody(body));
  return Response.json({ events, nextCursor: last ? String(last.seq) : null }, noStore);
}

async function exportLines({ ask, identity }: Call & { identity: Identity }): Promise<Response> {
  const { scope: asked, format, after, ...filters } = parse(ask, auditExportQuerySchema);
  const scope = scopeOf(identity, asked);
  const result = { outcome: 'ok', code: null, status: 200 } as const;
  await recordAudit(ask, { what: 'audit.export', who: identity, details: { scope: scope.kind }, result });
  const { store } = ask.edge.audit;
  // Who comes back for what is behind a row has everything before it: an operator's own word.
  const isWhole = scope.kind === 'all' && Object.values(filters).every((filter) => filter === undefined);
  if (isWhole && after > 0) await store.noteExported(after);
  return lines(async function* () {
    for (let from = after; ; ) {
      const rows = await store.list({ ...filters, scope, after: from, limit: limits.audit.pageRows });
      for (const { seq, hash, body } of rows) {
        const line: AuditLine = { chain: edgeChain, seq, hash, event: parseBody(body) };
        yield format === 'ecs' ? toEcs(line) : line;
        from = seq;
      }
      if (rows.length === 0) return;
    }
  });
}

/** Signed up to its head first, so that whoever verifies sees all of it vouched for. */
async function chain(ask: Ask): Promise<Response> {
  const { audit } = ask.edge;
  await audit.settle();
  return lines(async function* () {
    for (const { jws } of await audit.store.statements()) yield { statement: jws };
    for (const jws of await audit.anchors()) yield { anchor: jws };
    for (let from = 0; ; ) {
      const rows = await audit.store.rows(from, limits.audit.pageRows);
      for (const row of rows) {
        yield { row };
        from = row.seq + 1;
      }
      if (rows.length === 0) return;
    }
  });
}

function scopeOf(identity: Identity, asked: AuditListQuery['scope']): EdgeAuditScope {
  const may = (relation: 'org' | 'foreign') => decide(identity, 'audit.read', relation).allowed;
  const wanted = asked ?? (may('foreign') ? 'all' : may('org') ? 'organisation' : 'own');
  if ((wanted === 'all' && !may('foreign')) || (wanted === 'organisation' && !may('org')))
    throw refusalOf({ caller: identity, permission: 'audit.read', because: 'role' });
  if (wanted === 'all') return { kind: 'all' };
  if (wanted === 'organisation') return { kind: 'organisation', orgId: identity.org };
  return { kind: 'own', userId: identity.sub };
}

function parse<Schema extends z.ZodType>({ url }: Ask, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(url.searchParams));
  if (parsed.success) return parsed.data;
  throw new CellbookError('bad_request', {
    doing: `reading ${url.pathname}`,
    problem: z.prettifyError(parsed.error),
    next: 'Correct the query.',
  });
}

const noStore = { headers: { 'cache-control': 'no-store' } };

/** A page is read when the one before it has been taken. */
function lines(make: () => AsyncGenerator<object>): Response {
  const source = make();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    cancel: () => void source.return(undefined),
  });
  return new Response(body, {
    headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
  });
}
