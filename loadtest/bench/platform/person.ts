/** Someone signed in at the edge, with a token for clients and, for the leg that goes round the edge, principals. */
import { readFile } from 'node:fs/promises';
import { principalHeader, principalIssuer } from '@cellbook/shared/protocol/principal.ts';
import { importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import type { BenchPlatform } from './start.ts';

export interface Person {
  /** What a client with a token sends to the edge. */
  edgeHeaders: () => Promise<Record<string, string>>;
  /** What the edge would send to the cell on this person's behalf. */
  cellHeaders: () => Promise<Record<string, string>>;
}

const tokenSchema = z.object({ token: z.string() });
const meSchema = z.object({ userId: z.string(), orgId: z.string(), name: z.string(), tier: z.string() });
const keySchema = z.looseObject({ kty: z.string(), crv: z.string(), kid: z.string().optional() });

export async function signInAtEdge(platform: BenchPlatform): Promise<Person> {
  const cookie = await sessionCookie(platform.url);
  const created = await fetch(`${platform.url}/v1/tokens`, {
    method: 'POST',
    headers: { cookie, origin: platform.url, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'benchmark' }),
  });
  if (created.status !== 201)
    throw new Error(`making a token gave ${created.status}: ${await created.text()}`);
  const edgeHeaders = { authorization: `token ${tokenSchema.parse(await created.json()).token}` };
  const me = meSchema.parse(await (await fetch(`${platform.url}/v1/me`, { headers: edgeHeaders })).json());
  return {
    edgeHeaders: async () => edgeHeaders,
    cellHeaders: async () => ({ [principalHeader]: await principalOf(platform, me) }),
  };
}

async function sessionCookie(url: string): Promise<string> {
  const response = await fetch(`${url}/signin`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ name: 'Benchmark', email: 'benchmark@example.org', next: '/' }).toString(),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (response.status !== 303 || !cookie) throw new Error(`signing in gave ${response.status}`);
  return cookie;
}

async function principalOf(platform: BenchPlatform, me: z.infer<typeof meSchema>): Promise<string> {
  const key: JWK = keySchema.parse(JSON.parse(await readFile(platform.principalKeyPath, 'utf8')));
  const issuedAt = Math.floor(Date.now() / 1_000);
  const claims = { org: me.orgId, name: me.name, tier: me.tier, via: 'token', pin: 1 };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid ?? 'edge' })
    .setIssuer(principalIssuer)
    .setSubject(me.userId)
    .setAudience(platform.cellId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 60)
    .sign(await importJWK(key, 'EdDSA'));
}
