/**
 * Logging in with a browser, here or on another machine (RFC 8628): the platform gives a code, a signed-in person
 * lets it in at the platform's page, and meanwhile we ask for the key at the interval we were told. A connection
 * that is lost, or a platform that is busy, is asked again later; only the four answers of the RFC end it.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { refusalOf } from '../../clients/typescript/client.ts';

const askMsMax = 30_000;
const slowDownMs = 5_000;

const begunSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.url({ protocol: /^https?$/ }),
  verification_uri_complete: z.url({ protocol: /^https?$/ }),
  expires_in: z.number(),
  interval: z.number().default(5),
});
export type Begun = z.infer<typeof begunSchema>;

export interface Wanted {
  name: string;
  scopes: readonly string[];
  days: string | undefined;
}

export async function beginLogin(url: string, { name, scopes, days }: Wanted): Promise<Begun> {
  const answer = await ask(url, '/v1/device/code', {
    ...{ client_id: 'cellbook-cli', name },
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(days !== undefined && { expires_in_days: days }),
  });
  if (answer === null) throw away(url);
  if (!answer.response.ok) throw refusalOf(answer.body, answer.response);
  return begunSchema.parse(answer.body);
}

const polledSchema = z.union([
  z.object({ access_token: z.string().min(1) }),
  z.object({ error: z.string(), error_description: z.string().optional() }),
]);
type Polled = z.infer<typeof polledSchema>;

/** What it is told, one question at a time; null: nothing was heard this time. */
export type Poll = () => Promise<Polled | null>;

export const pollOf =
  (url: string, { device_code }: Begun): Poll =>
  async () => {
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const answer = await ask(url, '/v1/device/token', { grant_type, device_code, client_id: 'cellbook-cli' });
    const polled = polledSchema.safeParse(answer?.body).data;
    if (polled || answer === null || answer.response.status === 429 || answer.response.status >= 500)
      return polled ?? null;
    throw refusalOf(answer.body, answer.response);
  };

/** The key. Throws `forbidden` when it was refused, `sign_in_expired` when nobody answered. */
export async function waitForKey(
  poll: Poll,
  clock: Clock,
  { expires_in, interval }: Pick<Begun, 'expires_in' | 'interval'>,
): Promise<string> {
  const endMs = clock.monotonicMs() + expires_in * 1_000;
  for (let intervalMs = interval * 1_000; clock.monotonicMs() < endMs; ) {
    await sleep(clock, intervalMs);
    const polled = await poll();
    if (polled !== null && 'access_token' in polled) return polled.access_token;
    // Busy, away, or asked too often: all want fewer questions.
    if (polled === null || polled.error === 'slow_down') intervalMs += slowDownMs;
    else if (polled.error !== 'authorization_pending') throw ended(polled.error);
  }
  throw ended('expired_token');
}

function ended(error: string): CellbookError {
  const doing = 'logging in';
  const next = 'Run `cellbook login` again.';
  if (error === 'access_denied')
    return new CellbookError('forbidden', { doing, problem: 'it was refused in the browser', next });
  if (error === 'expired_token')
    return new CellbookError('sign_in_expired', { doing, problem: 'nobody answered in time', next });
  return new CellbookError('bad_request', { doing, problem: `the platform answered ${error}`, next });
}

async function ask(
  url: string,
  path: string,
  form: Record<string, string>,
): Promise<{ response: Response; body: unknown } | null> {
  try {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(askMsMax),
    });
    return { response, body: await response.json().catch(() => null) };
  } catch {
    return null;
  }
}

const away = (url: string): CellbookError =>
  new CellbookError('cell_unreachable', {
    doing: `talking to ${url}`,
    problem: 'there is no connection',
    next: 'Is the address right, and is the platform up?',
  });
