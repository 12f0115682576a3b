/**
 * Signs in at a running edge by the development form and makes a client token: for the demo, for tests, and
 * for the token `npm start` prints.
 *
 *   node edge/setup/sign-in.ts --url http://localhost:8787 --email demo@localhost.test --name Demo [--token-name cli]
 *
 * The last line on standard output is JSON: `{userId, token, tokenId, expiresAt}`.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:8787' },
    email: { type: 'string' },
    name: { type: 'string' },
    'token-name': { type: 'string', default: 'command line' },
  },
});
const {
  url,
  email,
  name,
  'token-name': tokenName,
} = z.object({ url: z.url(), email: z.email(), name: z.string(), 'token-name': z.string() }).parse(values);
const { origin } = new URL(url);
const deadlineMs = 10_000;

const signedIn = await fetch(`${origin}/signin`, {
  method: 'POST',
  redirect: 'manual',
  headers: { origin },
  body: new URLSearchParams({ email, name }),
  signal: AbortSignal.timeout(deadlineMs),
});
const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0];
if (signedIn.status !== 303 || !cookie) throw new Error(`signing in at ${origin}: status ${signedIn.status}`);

const me = z.object({ userId: z.string() }).parse(await call('GET', '/v1/me'));
const created = z
  .object({ id: z.string(), token: z.string(), expiresAt: z.string() })
  .parse(await call('POST', '/v1/tokens', { name: tokenName }));
console.log(
  JSON.stringify({ ...me, token: created.token, tokenId: created.id, expiresAt: created.expiresAt }),
);

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(origin + path, {
    method,
    headers: { origin, cookie: cookie ?? '', 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: status ${answer.status} ${await answer.text()}`);
  return answer.json();
}
