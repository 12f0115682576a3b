/** Letting a command line in: its code, what would be made for it, and what came of it. */
import type { Scope } from '@cellbook/shared/access/permissions.ts';
import { cardPage, type Html, html } from './html.ts';

const reach: Record<Scope, string> = {
  'workspaces:read': 'see workspaces',
  workspaces: 'make, suspend, resume and delete workspaces',
  'notebooks:read': 'read notebooks and files',
  notebooks: 'run code, and change notebooks and files',
  'jobs:read': 'see your GPU jobs and fetch their results',
  jobs: 'submit GPU jobs, cancel them and fetch their results',
  secrets: 'set and remove secrets',
  audit: 'read the audit log',
  keys: 'make and revoke keys',
  org: 'manage the organisation',
  platform: 'manage cells and pins',
};

const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')}; and ${words.at(-1)}`;

const utc = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

export function codePage({ problem }: { problem: string | null }): Html {
  return cardPage(
    'Log a command line in',
    html`<h1>Log a command line in</h1>
${problem === null ? null : html`<p class="problem" role="alert">${problem}</p>`}
<form method="get" action="/device">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" type="text" required maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false" aria-describedby="code-hint" autofocus>
<p id="code-hint" class="hint">As your terminal shows it, such as WDJB-MJHT.</p>
<button type="submit" class="button primary">Continue</button>
</form>`,
  );
}

export interface Confirm {
  code: string;
  name: string;
  scopes: readonly Scope[] | null;
  who: string;
  /** Null: the person's own. */
  org: string | null;
  address: string;
  askedAtMs: number;
  expiresAtMs: number;
}

export function confirmPage(shown: Confirm): Html {
  const { code, name, scopes, who, org, address, askedAtMs, expiresAtMs } = shown;
  return cardPage(
    'Log a command line in',
    html`<h1>Let “${name}” in?</h1>
<p class="device-code"><strong>${code}</strong></p>
<p>A command line asks for a key to work as you, <strong>${who}</strong>, ${org === null ? 'in your own organisation' : html`in <strong>${org}</strong>`}. Allow it only if your own terminal shows this code.</p>
<dl class="facts">
<dt>The key</dt><dd>${name}</dd>
<dt>It may</dt><dd>${scopes === null ? 'do whatever you may, but make keys and manage the organisation' : list(scopes.map((scope) => reach[scope]))}</dd>
<dt>It expires</dt><dd>${utc(expiresAtMs).slice(0, 10)}; revoke it any time under your account</dd>
<dt>Asked</dt><dd>${utc(askedAtMs)} UTC${address === '' ? null : html` from ${address}`}</dd>
</dl>
<form method="post" action="/device">
<input type="hidden" name="user_code" value="${code}">
<button type="submit" name="answer" value="allow" class="button primary">Allow, and make the key</button>
<button type="submit" name="answer" value="refuse" class="button">Refuse</button>
</form>
<p class="fine">Somebody sent you here, or you started nothing? Refuse.</p>`,
  );
}

export function answeredPage(allowed: boolean, name: string): Html {
  return cardPage(
    allowed ? 'Logged in' : 'Refused',
    allowed
      ? html`<h1>Go back to your terminal</h1>
<p>${name} is being logged in. Its key is on your account page, where you can revoke it.</p>
<p><a class="button" href="/account">Your account</a></p>`
      : html`<h1>Refused</h1>
<p>Nothing was made for ${name}.</p>
<p><a class="button" href="/">Your workspaces</a></p>`,
  );
}
