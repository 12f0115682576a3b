/** The page where one signs in, and the development sign-in behind its form: by name alone. */
import type { RegionId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import { localPath } from '../local-path.ts';
import { pageResponse } from '../pages/html.ts';
import { type SignInForm, signInPage as signInHtml, signInOffPage } from '../pages/sign-in-page.ts';
import { readForm } from '../read-body.ts';
import { continentOf, regionFor } from '../region-for.ts';
import { seeOther } from '../responses/see-other.ts';
import { authenticateIfAny } from './authenticate.ts';
import { refuseOtherOrigins } from './other-origins.ts';
import { startSession } from './session.ts';
import { hasDevelopmentSignIn, providersOf } from './sign-in-ways.ts';

const emailSchema = z.email().max(254);
const nameCharsMax = 100;
const formSchema = z.object({
  name: z.string().max(1_000).default(''),
  email: z.string().max(1_000).default(''),
  region: z.string().max(64).nullable().default(null),
  next: z.string().max(2_000).default('/'),
});

export async function signInPage(ask: Ask): Promise<Response> {
  const next = localPath(ask.url.searchParams.get('next') ?? '/', ask.url) ?? '/';
  if (await authenticateIfAny(ask)) return seeOther(next);
  const region = regionOfNew(ask, ask.url.searchParams.get('region'));
  return page(ask, { name: '', email: '', region, next, problem: null });
}

export async function signIn(ask: Ask): Promise<Response> {
  const { edge } = ask;
  refuseOtherOrigins(ask);
  const empty = { name: '', email: '', region: regionOfNew(ask, null), next: '/', problem: null };
  if (!hasDevelopmentSignIn(edge.config)) return page(ask, empty, 403);
  const form = await readForm(ask.request, formSchema, 'signing in');
  const [name, email, next] = [form.name.trim(), form.email.trim(), localPath(form.next, ask.url) ?? '/'];
  const problem = problemOf(name, email);
  const region = regionOfNew(ask, form.region);
  if (problem) return page(ask, { name, email, region, next, problem }, 400);
  const person = await edge.people.findOrCreatePerson(email, name, region);
  return seeOther(next, await startSession(ask, person, 'development'));
}

/** Where somebody new comes to live, who asks for this region or for none. */
export function regionOfNew({ edge, request }: Ask, asked: string | null): RegionId {
  const regions = edge.config.CELLBOOK_REGIONS;
  return regionFor({ policy: null, continent: continentOf(request), asked, regions });
}

function page(ask: Ask, form: SignInForm, status = 200): Response {
  const providers = providersOf(ask).map(({ config }) => config);
  const hasForm = hasDevelopmentSignIn(ask.edge.config);
  if (providers.length === 0 && !hasForm) return pageResponse(signInOffPage(), 403);
  const regions = ask.edge.config.CELLBOOK_REGIONS;
  return pageResponse(signInHtml({ providers, hasForm, regions, form }), status);
}

function problemOf(name: string, email: string): string | null {
  if (name.length === 0 || name.length > nameCharsMax)
    return `Please give a name of 1 to ${nameCharsMax} characters.`;
  return emailSchema.safeParse(email).success
    ? null
    : 'Please give an e-mail address, such as ada@example.org.';
}
