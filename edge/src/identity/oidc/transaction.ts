/**
 * One attempt to sign in, from the button to the provider's answer. What it is bound to lies under `state`, a
 * one-time code, in the store of such codes: it is taken once, whatever becomes of it then. The browser holds a
 * secret in a cookie, of which the attempt has the hash: an answer that is brought by another browser, as in a
 * forged link, finds no attempt of its own. The secret outlives the attempt, so that two tabs can sign in at a time.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { base64url } from 'jose';
import { z } from 'zod';
import { type Ask, isSecure } from '../../ask.ts';
import { sha256Hex } from '../../digest.ts';
import { readCookie, setCookie } from '../cookies.ts';
import type { Secrets } from './provider.ts';

const transactionSchema = z.object({
  provider: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  browser: z.string(),
  next: z.string(),
  region: z.string().nullable(),
  untilMs: z.int(),
});

export interface Begun {
  secrets: Secrets;
  cookie: string;
}

export interface Wish {
  provider: string;
  next: string;
  /** Asked for, where it is the first sign-in. */
  region: string | null;
}

export async function beginTransaction(ask: Ask, wish: Wish): Promise<Begun> {
  const { clock, codes, random } = ask.edge;
  const draw = () => base64url.encode(random.bytes(32));
  const secret = browserSecret(ask) ?? draw();
  const [nonce, verifier] = [draw(), draw()];
  const untilMs = clock.nowMs() + limits.edge.signInMsMax;
  const browser = await sha256Hex(secret);
  const payload = { ...wish, nonce, verifier, browser, untilMs } satisfies z.infer<typeof transactionSchema>;
  const state = await codes.put(JSON.stringify(payload), limits.edge.signInMsMax);
  const cookie = setCookie('signin', secret, limits.edge.signInMsMax / 1_000, isSecure(ask));
  return { secrets: { state, nonce, verifier }, cookie };
}

/** The attempt that this answer of `provider` belongs to. Whatever is wrong, the attempt is over. */
export async function takeTransaction(ask: Ask, provider: string): Promise<Wish & { secrets: Secrets }> {
  const state = ask.url.searchParams.get('state') ?? '';
  const payload = await ask.edge.codes.take(state);
  const secret = browserSecret(ask);
  const begun = payload === null ? null : transactionSchema.parse(JSON.parse(payload));
  const isOurs =
    begun !== null &&
    secret !== null &&
    begun.browser === (await sha256Hex(secret)) &&
    begun.provider === provider &&
    begun.untilMs > ask.edge.clock.nowMs();
  if (!isOurs) throw notOurs(provider);
  const { nonce, verifier, next, region } = begun;
  return { provider, next, region, secrets: { state, nonce, verifier } };
}

function browserSecret(ask: Ask): string | null {
  const secret = readCookie(ask.request.headers.get('cookie'), 'signin', isSecure(ask));
  return secret !== null && /^[\w-]{43}$/.test(secret) ? secret : null;
}

function notOurs(provider: string): CellbookError {
  return new CellbookError('sign_in_expired', {
    doing: 'signing in',
    problem: 'this sign-in has been used already, took too long, or was begun in another browser',
    next: 'Sign in again.',
    ids: { provider },
  });
}
