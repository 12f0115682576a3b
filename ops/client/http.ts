import { CellbookError, type ErrorCode, httpStatusByCode } from '@cellbook/shared/errors.ts';
import { z } from 'zod';

const errorBodySchema = z.object({ code: z.string(), message: z.string(), next: z.string().optional() });

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: string | URLSearchParams;
  deadlineMs?: number;
}

const callDeadlineMs = 90_000;

/** One request; an answer that is not a success becomes the typed error it carries. */
export async function call(origin: string, request: Call): Promise<Response> {
  const response = await fetch(`${origin}${request.path}`, {
    method: request.method,
    redirect: 'manual',
    headers: { origin, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    signal: AbortSignal.timeout(request.deadlineMs ?? callDeadlineMs),
  });
  if (response.status < 400) return response;
  const text = await response.text();
  throw refused(request, response.status, text);
}

export async function callJson(
  origin: string,
  request: Omit<Call, 'body'> & { json?: unknown },
): Promise<unknown> {
  const { json, ...rest } = request;
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const headers = {
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...request.headers,
  };
  const response = await call(origin, { ...rest, ...body, headers });
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
}

function refused({ method, path }: Call, status: number, text: string): CellbookError {
  const doing = `${method} ${path}`;
  const body = errorBodySchema.safeParse(parsed(text)).data;
  if (!body)
    return new CellbookError('internal', { doing, problem: `status ${status}: ${text.slice(0, 500)}` });
  const next = body.next === undefined ? {} : { next: body.next };
  const code = body.code in httpStatusByCode ? (body.code as ErrorCode) : 'internal';
  return new CellbookError(code, { doing, problem: body.message, ...next });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
