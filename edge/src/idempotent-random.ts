/**
 * Chance that a repeated request meets again: with an Idempotency-Key, bytes come from the key and its caller,
 * so that an id (or a link's secret) drawn from them is the same the second time.
 */
import type { Random } from '@cellbook/shared/random.ts';
import type { Ask } from './ask.ts';
import type { Identity } from './identity/identity.ts';

export async function idempotentRandom(
  ask: Ask,
  { sub, org }: Pick<Identity, 'sub' | 'org'>,
  use: string,
): Promise<Random> {
  const { random, config } = ask.edge;
  const key = ask.request.headers.get('idempotency-key');
  if (key === null) return random;
  // With a key of ours: what is drawn may be a secret, and an Idempotency-Key is none.
  const [secret] = config.CELLBOOK_CREDENTIAL_KEYS;
  const text = new TextEncoder().encode(`${use} ${sub} ${org} ${key}`);
  const hmac = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret?.k),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, text));
  return { ...random, bytes: (length) => digest.slice(0, length) };
}
