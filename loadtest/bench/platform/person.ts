/** Someone signed in at the edge, with a token for clients and, for the leg that goes round the edge, principals. */
import { readFile } from 'node:fs/promises';
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
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
  const { token, me } = await signedIn(platform.url, 'benchmark@example.org');
  const edgeHeaders = { authorization: `token ${token}` };
  return {
    edgeHeaders: async () => edgeHeaders,
    cellHeaders: async () => ({ [principalHeader]: await principalOf(platform, me) }),
  };
}

export interface SignedIn {
  cookie: string;
  token: string;
  me: z.infer<typeof meSchema>;
}

/** By the development form; with a token for clients. */
export async function signedIn(url: string, email: string): Promise<SignedIn> {
  const cookie = await sessionCookie(url, email);
  const created = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: { cookie, origin: url, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'benchmark' }),
  });
  if (created.status !== 201)
    throw new Error(`making a token gave ${created.status}: ${await created.text()}`);
  const { token } = tokenSchema.parse(await created.json());
  const answer = await fetch(`${url}/v1/me`, { headers: { authorization: `token ${token}` } });
  return { cookie, token, me: meSchema.parse(await answer.json()) };
}

const waitsMax = 120;

async function sessionCookie(url: string, email: string): Promise<string> {
  const signIn = () =>
    fetch(`${url}/signin`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ name: 'Benchmark', email, next: '/' }).toString(),
    });
  let response = await signIn();
  // All of a benchmark's people come from one address, of which so many a minute are taken.
  for (let waits = 0; response.status === 429 && waits < waitsMax; waits++) {
    await sleep(systemClock, (Number(response.headers.get('retry-after')) || 1) * 1_000);
    response = await signIn();
  }
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
