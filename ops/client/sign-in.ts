import { z } from 'zod';
import { call, callJson } from './http.ts';

export interface Person {
  email: string;
  name: string;
  /** Where to live, at the first sign-in; later ones change nothing. */
  region?: string;
}

/** Signs in by the development form, as the browser does; returns the session's cookie. */
export async function signIn(origin: string, person: Person): Promise<string> {
  const body = new URLSearchParams({ ...person });
  const response = await call(origin, { method: 'POST', path: '/signin', body });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (!cookie) throw new Error(`signing in at ${origin} set no cookie (status ${response.status})`);
  return cookie;
}

const tokenSchema = z.object({ id: z.string(), token: z.string() });
export type ClientToken = z.infer<typeof tokenSchema>;

/** A token for clients, made with a session's cookie; it lives as long as the platform's default unless told. */
export async function createToken(
  origin: string,
  cookie: string,
  wanted: { name: string; expiresInDays?: number },
): Promise<ClientToken> {
  const created = await callJson(origin, {
    method: 'POST',
    path: '/v1/tokens',
    headers: { cookie },
    json: wanted,
  });
  return tokenSchema.parse(created);
}

export async function revokeToken(origin: string, cookie: string, tokenId: string): Promise<void> {
  await call(origin, { method: 'DELETE', path: `/v1/tokens/${tokenId}`, headers: { cookie } });
}
