/** Where one signs in: a button for each provider; for development a form that says plainly that it asks for no proof. */
import type { Region } from '@cellbook/shared/protocol/regions.ts';
import { cardPage, Html, html } from './html.ts';

export interface SignInForm {
  name: string;
  email: string;
  /** Where a first sign-in would come to live. */
  region: string;
  next: string;
  problem: string | null;
}

export interface SignInWays {
  providers: readonly { id: string; name: string }[];
  hasForm: boolean;
  regions: readonly Region[];
  form: SignInForm;
}

export function signInPage({ providers, hasForm, regions, form }: SignInWays): Html {
  return cardPage(
    'Sign in',
    html`<h1>Sign in</h1>
${all(providers.map(({ id, name }) => providerLink(`/signin/${id}`, name, form)))}
${providers.length > 0 && !hasForm && regions.length > 1 ? otherRegions(regions, form) : null}
${providers.length > 0 && hasForm ? html`<p class="or">or</p>` : null}
${hasForm ? developmentForm(form, regions, providers.length === 0 ? 'button primary' : 'button') : null}`,
  );
}

function providerLink(path: string, name: string, form: SignInForm): Html {
  return html`<p class="ways"><a class="button primary" href="${address(path, form)}">Sign in with ${name}</a></p>
`;
}

/** Links and no form: browsers hold a form's redirects against the page's policy, which names no provider. */
function otherRegions(regions: readonly Region[], form: SignInForm): Html {
  const here = regions.find(({ id }) => id === form.region)?.name ?? form.region;
  const others = regions.filter(({ id }) => id !== form.region);
  const links = others.map(
    ({ id, name }) => html` <a href="${address('/signin', { ...form, region: id })}">${name}</a>`,
  );
  return html`<p class="hint">If you are new here, your work will live in <strong>${here}</strong>. Instead:${all(links)}</p>`;
}

function address(path: string, { next, region }: SignInForm): string {
  return `${path}?${new URLSearchParams({ ...(next !== '/' && { next }), region })}`;
}

function developmentForm(
  { name, email, region, next, problem }: SignInForm,
  regions: readonly Region[],
  button: string,
): Html {
  return html`<p class="notice"><strong>Development sign-in.</strong> No password is asked: anyone who reaches this page can
be anyone. It is on because this platform was started for development.</p>
${problem === null ? null : html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/signin">
<input type="hidden" name="next" value="${next}">
<label for="name">Name</label>
<input id="name" name="name" type="text" autocomplete="name" required maxlength="100" value="${name}" autofocus>
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}" aria-describedby="email-hint">
<p id="email-hint" class="hint">The same address comes back to the same workspaces. Nothing is sent to it.</p>
${regions.length < 2 ? null : regionChoice(regions, region)}
<button type="submit" class="${button}">Sign in</button>
</form>`;
}

function regionChoice(regions: readonly Region[], chosen: string): Html {
  const options = regions.map(
    ({ id, name }) =>
      html`<option value="${id}"${id === chosen ? new Html(' selected') : null}>${name}</option>
`,
  );
  return html`<label for="region">Region</label>
<select id="region" name="region" aria-describedby="region-hint">
${all(options)}</select>
<p id="region-hint" class="hint">Where your work lives. It counts at your first sign-in.</p>`;
}

const all = (parts: readonly Html[]): Html => new Html(parts.map(({ text }) => text).join(''));

export function signInOffPage(): Html {
  return cardPage(
    'Sign in',
    html`<h1>Sign-in is not set up</h1>
<p>The operator has configured no way to sign in. For development, start the edge with
<code>CELLBOOK_SIGN_IN=development</code>.</p>`,
  );
}
