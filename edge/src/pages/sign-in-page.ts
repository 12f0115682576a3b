/** The development sign-in: a form that says plainly that it asks for no proof. */
import { cardPage, type Html, html } from './html.ts';

export interface SignInForm {
  name: string;
  email: string;
  next: string;
  problem: string | null;
}

export function signInFormPage({ name, email, next, problem }: SignInForm): Html {
  return cardPage(
    'Sign in',
    html`<h1>Sign in</h1>
<p class="notice"><strong>Development sign-in.</strong> No password is asked: anyone who reaches this page can
be anyone. It is on because this platform was started for development.</p>
${problem === null ? null : html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/signin">
<input type="hidden" name="next" value="${next}">
<label for="name">Name</label>
<input id="name" name="name" type="text" autocomplete="name" required maxlength="100" value="${name}" autofocus>
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}" aria-describedby="email-hint">
<p id="email-hint" class="hint">The same address comes back to the same workspaces. Nothing is sent to it.</p>
<button type="submit" class="button primary">Sign in</button>
</form>`,
  );
}

export function signInOffPage(): Html {
  return cardPage(
    'Sign in',
    html`<h1>Sign-in is not set up</h1>
<p>The operator has configured no way to sign in. For development, start the edge with
<code>CELLBOOK_SIGN_IN=development</code>.</p>`,
  );
}
