/** `/join/{link}`: what somebody sees who was invited, and what their answer does. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from '../ask.ts';
import { noteAudit } from '../audit/note-audit.ts';
import { authenticateIfAny } from '../identity/authenticate.ts';
import { refuseOtherOrigins } from '../identity/other-origins.ts';
import { switchOrg } from '../identity/session.ts';
import { pageResponse } from '../pages/html.ts';
import { invitationPage } from '../pages/invitation-page.ts';
import { seeOther } from '../responses/see-other.ts';
import { findLink, type Link, linkOf } from './invitation-handlers.ts';

export async function joinPage(ask: Ask): Promise<Response> {
  const found = await findLink(ask, await linkIn(ask));
  const identity = await authenticateIfAny(ask);
  if (!identity) return seeOther(`/signin?next=${encodeURIComponent(ask.url.pathname)}`);
  const email = await ask.edge.people.emailOf(identity.sub);
  const isForOther = found.email !== null && found.email !== email;
  return pageResponse(
    invitationPage({
      org: found.org.name,
      role: found.role,
      who: identity.name,
      isForOther,
      path: ask.url.pathname,
    }),
    isForOther ? 403 : 200,
  );
}

export async function join(ask: Ask): Promise<Response> {
  refuseOtherOrigins(ask);
  const { edge } = ask;
  const identity = await authenticateIfAny(ask);
  if (!identity) return seeOther(`/signin?next=${encodeURIComponent(ask.url.pathname)}`);
  const link = await linkIn(ask);
  const { role } = await findLink(ask, link);
  const org = link && (await edge.orgs.accept(link.id, link.hash, identity.sub, edge.clock.nowMs()));
  noteAudit(ask, {
    who: identity,
    which: { kind: 'invitation', id: link?.id ?? null, org },
    details: { role },
  });
  if (org) return seeOther('/', await switchOrg(ask, identity, org));
  throw new CellbookError('forbidden', {
    doing: 'accepting an invitation',
    problem: 'this invitation is for somebody with another e-mail address',
    next: 'Sign in with the address that it was sent to.',
  });
}

const linkIn = ({ url }: Ask): Promise<Link | null> => linkOf(url.pathname.slice('/join/'.length));
