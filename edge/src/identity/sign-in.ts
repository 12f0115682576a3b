/** Signing in (for development: by name alone) and out. A session is a signed cookie; signing out revokes it. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { type Ask, isSecure } from '../ask.ts';
import { localPath } from '../local-path.ts';
import { askerOf } from '../origins.ts';
import { pageResponse } from '../pages/html.ts';
import { type SignInForm, signInFormPage, signInOffPage } from '../pages/sign-in-page.ts';
import { readForm } from '../read-body.ts';
import { continentOf, regionFor } from '../region-for.ts';
import { authenticateIfAny } from './authenticate.ts';
import { setCookie } from './cookies.ts';
import type { Person } from './identity.ts';

const emailSchema = z.email().max(254);
const formSchema = z.object({
  name: z.string().max(1_000).default(''),
  email: z.string().max(1_000).default(''),
  next: z.string().max(2_000).default('/'),
});

export async function signInPage(ask: Ask): Promise<Response> {
  const next = localPath(ask.url.searchParams.get('next') ?? '/', ask.url) ?? '/';
  if (await authenticateIfAny(ask)) return seeOther(next);
  return formPage(ask, { name: '', email: '', next, problem: null });
}

export async function signIn(ask: Ask): Promise<Response> {
  const { edge } = ask;
  refuseOtherOrigins(ask);
  if (edge.config.CELLBOOK_SIGN_IN !== 'development')
    return formPage(ask, { name: '', email: '', next: '/', problem: null });
  const form = await readForm(ask.request, formSchema, 'signing in');
  const [name, email, next] = [form.name.trim(), form.email.trim(), localPath(form.next, ask.url) ?? '/'];
  const problem = problemOf(name, email);
  if (problem) return formPage(ask, { name, email, next, problem });
  const region = regionFor({
    policy: null,
    continent: continentOf(ask.request),
    asked: null,
    regions: edge.config.CELLBOOK_REGIONS,
  });
  const person = await edge.directory.findOrCreatePerson(email, name, region);
  return startSession(ask, person, next);
}

export async function signOut(ask: Ask): Promise<Response> {
  refuseOtherOrigins(ask);
  const identity = await authenticateIfAny(ask);
  if (identity) {
    await ask.edge.directory.revokeSession(identity.jti, identity.exp * 1_000);
    ask.edge.revoked.adjust((ids) => ids.add(identity.jti));
  }
  return seeOther('/signin', setCookie('session', '', 0, isSecure(ask)));
}

async function startSession(ask: Ask, person: Person, next: string): Promise<Response> {
  const { clock, credentials, random } = ask.edge;
  const iat = Math.floor(clock.nowMs() / 1_000);
  const ttlSeconds = limits.edge.sessionTtlMs / 1_000;
  const cookie = await credentials.mint('session', {
    ...person,
    scopes: null,
    jti: random.uuid(),
    iat,
    exp: iat + ttlSeconds,
  });
  return seeOther(next, setCookie('session', cookie, ttlSeconds, isSecure(ask)));
}

/** Signing someone in or out is a write, though no cookie is asked for: no other page may do it for them. */
function refuseOtherOrigins({ request, url }: Ask): void {
  if (askerOf(request, url) === 'same-origin') return;
  throw new CellbookError('cross_origin', {
    doing: `${request.method} ${url.pathname}`,
    problem: 'another page, or a program that names no origin, has sent this form',
    next: `Use ${url.origin}/signin; a program sends "Origin: ${url.origin}".`,
  });
}

function formPage({ edge }: Ask, form: SignInForm): Response {
  if (edge.config.CELLBOOK_SIGN_IN !== 'development') return pageResponse(signInOffPage(), 403);
  return pageResponse(signInFormPage(form), form.problem === null ? 200 : 400);
}

function problemOf(name: string, email: string): string | null {
  if (name.length === 0 || name.length > 100) return 'Please give a name of 1 to 100 characters.';
  return emailSchema.safeParse(email).success
    ? null
    : 'Please give an e-mail address, such as ada@example.org.';
}

function seeOther(location: string, cookie?: string): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store' });
  if (cookie) headers.set('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
