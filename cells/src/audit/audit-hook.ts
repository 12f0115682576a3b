/**
 * Every write and every refusal of every route becomes an event, from what the route is registered with: a new
 * route is audited without doing anything.
 *
 *   onRequest    nothing is known yet; the gate follows and may refuse
 *   preParsing   the gate let it pass
 *   preHandler   a write: its beginning is durable before the handler runs, or the request is refused
 *   onSend       its end is durable before the first byte of the answer leaves; a refusal is recorded likewise
 *
 * Registered before the gate, so that what the gate refuses is seen. Streams that are hijacked and sockets that
 * are upgraded are reads: they have no `onSend`, and what is done through them is recorded where it is done.
 */
import type { AuditResult } from '@cellbook/shared/protocol/audit.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from './audit-log.ts';
import { actionAfter, actionBefore, outcomeOf, type RequestFacts } from './decide.ts';
import { eventOf } from './request-event.ts';

export function addAuditHook(app: FastifyInstance, audit: AuditLog): void {
  app.decorateRequest('audit');
  app.addHook('onRequest', async (request) => {
    request.audit = { admitted: false, deed: null, ended: false, note: {} };
  });
  app.addHook('preParsing', async (request) => {
    if (request.audit) request.audit.admitted = true;
  });
  app.addHook('preHandler', async (request) => {
    const what = actionBefore(factsOf(request));
    if (request.audit && what !== null) request.audit.deed = await audit.begin(eventOf(request, what));
  });
  app.addHook('onSend', async (request, reply, payload) => {
    await endOf(audit, request, reply, payload);
    return payload;
  });
}

async function endOf(
  audit: AuditLog,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<void> {
  const kept = request.audit;
  if (!kept || kept.ended) return;
  // Whatever happens to it, once: the answer that says that it could not be recorded is not recorded.
  kept.ended = true;
  const { admitted, deed, note } = kept;
  const what = actionAfter(factsOf(request), { admitted, status: reply.statusCode });
  const result = resultOf(reply.statusCode, payload);
  if (deed) await deed.end({ result, which: note.which, details: note.details });
  else if (what !== null) await audit.record({ ...eventOf(request, what), result });
}

function factsOf(request: FastifyRequest): RequestFacts {
  const { config, url } = request.routeOptions;
  return {
    method: request.method,
    route: request.is404 ? null : (url ?? null),
    open: config.open === true,
    permission: config.permission,
    named: request.audit?.note.what ?? config.audit,
    readsWanted: request.principal?.audit?.reads === true,
  };
}

const codeSchema = z.object({ code: z.string() });

/** The code is in the typed body of every refusal (shared/src/errors.ts), whichever part answered. */
function resultOf(status: number, payload: unknown): AuditResult {
  const outcome = outcomeOf(status);
  if (outcome === 'ok' || typeof payload !== 'string') return { outcome, code: null, status };
  try {
    return { outcome, code: codeSchema.parse(JSON.parse(payload)).code, status };
  } catch {
    // Not a typed body (a page, a stream): the status says what there is to say.
    return { outcome, code: null, status };
  }
}
