/**
 * Every refusal of a program’s HTTP API (cells, schedulers) as a typed body with its status and, where a retry may help,
 * Retry-After. What is not a CellbookError is either the caller’s (malformed JSON, a body too large, a field that does not
 * fit), the database’s (503), or a bug of ours, which is logged and answered `internal`.
 */

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { CellbookError, type ErrorCode, errorBody } from '../errors.ts';
import type { Logger } from '../log.ts';
import { toCellError } from '../store-outage.ts';

/** For what Fastify refuses before any route is found, such as a path that is not percent-encoded text. */
export function answerUnrouted(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void sendError(reply, typed(thrown, request), request.id);
}

export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((thrown: FastifyError | CellbookError, request, reply) => {
    const error = typed(thrown, request);
    if (error.code === 'internal') log.error({ err: thrown, requestId: request.id }, 'a request failed');
    // Whoever is turned away for want of room is counted, and there may be thousands a second of them.
    else if (error.status >= 500 && error.code !== 'capacity_exhausted')
      log.warn({ err: thrown, requestId: request.id }, 'a request was put off');
    return sendError(reply, error, request.id);
  });
  app.setNotFoundHandler((request, reply) =>
    sendError(
      reply,
      new CellbookError('not_found', {
        doing: `answering ${request.method} ${pathOf(request)}`,
        problem: 'there is nothing at this path',
        next: 'GET /v1/openapi.json describes the API.',
      }),
      request.id,
    ),
  );
}

export function sendError(reply: FastifyReply, error: CellbookError, requestId: string): FastifyReply {
  const retryAfterMs = error.retryAfterMs ?? (error.status === 503 ? 1_000 : undefined);
  if (retryAfterMs !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return reply
    .code(error.status)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(errorBody(error, requestId));
}

const codeByFastifyCode: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

function typed(thrown: FastifyError | CellbookError, request: FastifyRequest): CellbookError {
  if (thrown instanceof CellbookError) return thrown;
  const doing = `answering ${request.method} ${pathOf(request)}`;
  if (hasZodFastifySchemaValidationErrors(thrown)) return invalid(doing, thrown);
  const isTheirs = thrown.statusCode !== undefined && thrown.statusCode >= 400 && thrown.statusCode < 500;
  if (!isTheirs) return toCellError(thrown, doing);
  const code = codeByFastifyCode[thrown.code] ?? 'bad_request';
  return new CellbookError(code, {
    doing,
    problem: thrown.message,
    next: 'Correct the request.',
    cause: thrown,
  });
}

function invalid(
  doing: string,
  thrown: {
    validation: readonly { instancePath: string; message?: string }[];
    validationContext?: string | undefined;
  },
): CellbookError {
  const [first] = thrown.validation;
  const where = `${thrown.validationContext ?? 'request'}${first?.instancePath.replaceAll('/', '.') ?? ''}`;
  const code = thrown.validationContext === 'params' ? 'malformed_id' : 'bad_request';
  return new CellbookError(code, {
    doing,
    problem: `${where}: ${first?.message ?? 'it does not fit'}`,
    next: 'GET /v1/openapi.json describes what is expected.',
    cause: thrown,
  });
}

/** Without the query: it may hold a token. */
const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '';
