/** An invitation, as whoever was invited sees it: to what, as what, and under which name. */
import type { MemberRole } from '../directory/people.ts';
import { cardPage, type Html, html } from './html.ts';

const duties: Record<MemberRole, string> = {
  viewer: 'see what is yours there and change nothing',
  member: 'make workspaces of your own there',
  admin: 'make workspaces of your own, and manage its members and their workspaces',
};

export function invitationPage(shown: {
  org: string;
  role: MemberRole;
  who: string;
  isForOther: boolean;
  path: string;
}): Html {
  const { org, role, who, isForOther, path } = shown;
  if (isForOther)
    return cardPage(
      'Invitation',
      html`<h1>This invitation is for somebody else</h1>
<p>It was sent to another e-mail address than the one you, ${who}, are signed in with.</p>
<form method="post" action="/signout"><button type="submit" class="button">Sign out</button></form>
<p><a class="button" href="/">Your workspaces</a></p>`,
    );
  return cardPage(
    'Invitation',
    html`<h1>Join ${org}</h1>
<p>You are invited as <strong>${role}</strong>: you can ${duties[role]}.</p>
<p class="hint">You are signed in as ${who}. Your own workspaces stay where they are.</p>
<form method="post" action="${path}"><button type="submit" class="button primary">Join ${org}</button></form>
<p><a class="button" href="/">Not now</a></p>`,
  );
}
