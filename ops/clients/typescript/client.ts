/**
 * The typed client: every path, parameter and answer is known from the description (schema.d.ts, generated).
 *
 *     const api = createClient({ url: 'http://localhost:8787', token, newKey: () => crypto.randomUUID() });
 *     const workspace = await answer(api.POST('/v1/workspaces', { body: { name: 'mine' } }));
 *
 * Every write carries an Idempotency-Key of its own, so that one whose answer was lost is repeated without
 * being done twice. A refusal is thrown as the typed error it carries; 503 and lost connections are tried
 * again as the platform says.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError, type ErrorCode, httpStatusByCode } from '@cellbook/shared/errors.ts';
import { atHeader } from '@cellbook/shared/protocol/principal.ts';
import createOpenApiClient, { type Client } from 'openapi-fetch';
import { z } from 'zod';
import type { paths } from './schema.d.ts';

export type Api = Client<paths>;
/** One asked for by itself: with what is kept of its memory. */
export type WorkspaceDetails =
  paths['/v1/workspaces/{workspaceId}']['get']['responses'][200]['content']['application/json'];
export type Workspace = Omit<WorkspaceDetails, 'kept' | 'queue'>;

export interface ClientOptions {
  url: string;
  token: string;
  newKey(): string;
  clock: Clock;
  /** A user's id or a cell's: where an admin or operator wants his requests answered. */
  at?: string | undefined;
}

const attemptsMax = 5;
const waitMsMax = 10_000;
const requestMsMax = 120_000;

export function createClient({ url, token, newKey, clock, at }: ClientOptions): Api {
  return createOpenApiClient<paths>({
    baseUrl: url,
    headers: { authorization: `Bearer ${token}`, ...(at !== undefined && { [atHeader]: at }) },
    async fetch(request) {
      if (request.method !== 'GET' && !request.headers.has('idempotency-key'))
        request.headers.set('idempotency-key', newKey());
      for (let attempt = 1; ; attempt++) {
        const last = attempt === attemptsMax;
        const answered = await send(request.clone(), url, last);
        if (answered !== null && (answered.status !== 503 || last)) return answered;
        const seconds = Number(answered?.headers.get('retry-after') ?? 0);
        await answered?.body?.cancel();
        await sleep(clock, Math.min(waitMsMax, Math.max(seconds * 1_000, 250 * 2 ** attempt)));
      }
    },
  });
}

/** The answer's body, or the refusal it carries as an error. */
export async function answer<Data>(
  asked: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await asked;
  if (response.ok) return data as Data;
  throw refusalOf(error, response);
}

const refusalSchema = z.object({
  code: z.string(),
  message: z.string(),
  reason: z.string().nullish(),
  next: z.string().optional(),
  requestId: z.string().optional(),
});

export function refusalOf(body: unknown, { status, url }: Response): CellbookError {
  const doing = `asking ${new URL(url).pathname}`;
  const refusal = refusalSchema.safeParse(body).data;
  if (!refusal) return new CellbookError('internal', { doing, problem: `it answered ${status}` });
  const code = refusal.code in httpStatusByCode ? (refusal.code as ErrorCode) : 'internal';
  return new CellbookError(code, {
    doing,
    problem: refusal.reason ?? refusal.message,
    ...(refusal.next !== undefined && { next: refusal.next }),
    ...(refusal.requestId !== undefined && { ids: { requestId: refusal.requestId } }),
  });
}

/** Null where the connection failed and may be tried again. */
async function send(request: Request, url: string, last: boolean): Promise<Response | null> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(requestMsMax) });
  } catch (cause) {
    if (!last) return null;
    throw new CellbookError('cell_unreachable', {
      doing: `talking to ${url}`,
      problem: 'there is no connection',
      next: 'Is the address right, and is the platform up?',
      cause,
    });
  }
}
