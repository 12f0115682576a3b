/**
 * `/v1/tokens`: what a Jupyter client or a program signs in with. A token is shown once, when it is made; the
 * directory keeps its hash. Its id comes from the Idempotency-Key, so that a repeated request finds the token it
 * made the first time and mints the same one again. Only a signed-in person makes or revokes tokens: one that
 * leaks cannot make itself successors.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type ApiKeyId, apiKeyIdSchema, newApiKeyId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import type { TokenRow } from '../directory/directory.ts';
import { readJson } from '../read-body.ts';
import { authenticate } from './authenticate.ts';
import type { Identity } from './identity.ts';

const newTokenSchema = z
  .object({
    name: z.string().trim().min(1).max(100),
    expiresInDays: z
      .int()
      .min(1)
      .max(limits.edge.tokenTtlMsMax / 86_400_000)
      .optional(),
  })
  .strict();

export async function createToken(ask: Ask): Promise<Response> {
  const { edge, request } = ask;
  const identity = await signedIn(ask);
  const { name, expiresInDays } = await readJson(request, newTokenSchema, 'creating a token');
  const nowMs = Math.floor(edge.clock.nowMs() / 1_000) * 1_000;
  const ttlMs = expiresInDays === undefined ? limits.edge.tokenTtlMsDefault : expiresInDays * 86_400_000;
  const id = await tokenId(ask, identity);
  const minted = await mint(ask, identity, id, nowMs, nowMs + ttlMs);
  const row = await edge.directory.createToken(
    {
      id,
      userId: identity.sub,
      name,
      hash: await sha256Hex(minted),
      hint: minted.slice(-4),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + ttlMs,
    },
    nowMs,
  );
  if (row.name !== name || row.expiresAtMs - row.createdAtMs !== ttlMs) throw keyReused();
  const token = await mint(ask, identity, id, row.createdAtMs, row.expiresAtMs);
  return Response.json({ ...shown(row), token }, { status: 201, headers: { 'cache-control': 'no-store' } });
}

export async function listTokens(ask: Ask): Promise<Response> {
  const identity = await authenticate(ask);
  const rows = await ask.edge.directory.listTokens(identity.sub, ask.edge.clock.nowMs());
  return Response.json({ tokens: rows.map(shown) }, { headers: { 'cache-control': 'no-store' } });
}

export async function revokeToken(ask: Ask, idText: string): Promise<Response> {
  const { edge } = ask;
  const identity = await signedIn(ask);
  const id = apiKeyIdSchema.safeParse(idText);
  const found = id.success && (await edge.directory.revokeToken(identity.sub, id.data, edge.clock.nowMs()));
  if (!found) {
    throw new CellbookError('not_found', {
      doing: `revoking token ${idText}`,
      problem: 'you have no such token, or it is revoked already',
      next: 'Look at the list of your tokens.',
    });
  }
  edge.revoked.adjust((ids) => ids.add(id.data));
  return new Response(null, { status: 204 });
}

async function signedIn(ask: Ask): Promise<Identity> {
  const identity = await authenticate(ask);
  if (identity.via === 'session') return identity;
  throw new CellbookError('forbidden', {
    doing: `${ask.request.method} ${ask.url.pathname}`,
    problem: 'a token can neither make nor revoke tokens',
    next: 'Do it signed in, in the console.',
  });
}

function mint(
  ask: Ask,
  { sub, org, name, tier, region, role }: Identity,
  jti: string,
  fromMs: number,
  untilMs: number,
): Promise<string> {
  const times = { iat: fromMs / 1_000, exp: untilMs / 1_000 };
  return ask.edge.credentials.mint('token', {
    sub,
    org,
    name,
    tier,
    region,
    role,
    scopes: null,
    jti,
    ...times,
  });
}

async function tokenId({ edge, request }: Ask, identity: Identity): Promise<ApiKeyId> {
  const key = request.headers.get('idempotency-key');
  if (key === null) return newApiKeyId(edge.random);
  const digest = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${identity.sub} ${key}`)),
  );
  return newApiKeyId({ ...edge.random, bytes: (length) => digest.subarray(0, length) });
}

function keyReused(): CellbookError {
  return new CellbookError('idempotency_key_reused', {
    doing: 'creating a token',
    problem: 'this Idempotency-Key has made another token',
    next: 'Use a new key for a new token.',
  });
}

const shown = ({ id, name, hint, createdAtMs, expiresAtMs }: TokenRow) => ({
  id,
  name,
  hint,
  createdAt: new Date(createdAtMs).toISOString(),
  expiresAt: new Date(expiresAtMs).toISOString(),
});

async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
