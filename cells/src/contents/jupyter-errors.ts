/**
 * Refusals as Jupyter clients read them: `message` is the sentence they show and compare, `reason` a short
 * one, beside our own code. Nothing that was thrown by mistake shows its text.
 */
import { CellbookError, type ErrorCode, errorBody } from '@cellbook/shared/errors.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { toCellError } from '@cellbook/shared/store-outage.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';

export function jupyterErrorHandler(log: Logger) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    // Without the query: it may hold a token.
    const path = request.url.split('?')[0];
    const error = fromFramework(thrown) ?? toCellError(thrown, `answering ${request.method} ${path}`);
    if (error.status >= 500) log.error({ err: error, code: error.code, path }, 'a request failed');
    const header = request.headers[requestIdHeader];
    const body = errorBody(error, typeof header === 'string' ? header : undefined);
    if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1_000));
    const message = error.code === 'internal' ? 'Unhandled error' : error.problem;
    void reply.code(error.status).send({ ...body, message });
  };
}

/** What Fastify refuses before a handler runs carries a status of its own. */
function fromFramework(thrown: unknown): CellbookError | null {
  if (!(thrown instanceof Error) || !('statusCode' in thrown) || thrown instanceof CellbookError) return null;
  const code = frameworkCodes[String(thrown.statusCode)];
  if (!code) return null;
  return new CellbookError(code, { doing: 'reading the request', problem: thrown.message, cause: thrown });
}

const frameworkCodes: Record<string, ErrorCode> = {
  400: 'bad_request',
  404: 'not_found',
  413: 'too_large',
  415: 'unsupported_media_type',
};
