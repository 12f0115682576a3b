/**
 * Invitations. A link is `/join/{id}.{secret}`; the directory keeps the secret's hash, and the answer to whoever
 * made it is the only place that has the link. One to an address is also taken up by signing in with it verified.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newInvitationId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { base64url } from 'jose';
import type { Ask } from '../ask.ts';
import { noteAudit } from '../audit/note-audit.ts';
import { sha256Hex } from '../digest.ts';
import type { FoundInvitation } from '../directory/orgs.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { idempotentRandom } from '../idempotent-random.ts';
import { readJson } from '../read-body.ts';
import { json, noContent } from '../responses/json.ts';
import { newInvitationBody, shownInvitation } from './answers.ts';
import { missing, orgIdOf } from './missing.ts';
import { keyReused } from './org-handlers.ts';

type Answer = GuardedRoute['answer'];

const secretBytes = 32;

export const listInvitations: Answer = async ({ ask, params }) => {
  const found = await ask.edge.orgs.invitations(orgIdOf(params), ask.edge.clock.nowMs());
  return json({ invitations: found.map(shownInvitation) });
};

export const createInvitation: Answer = async ({ ask, identity, params }) => {
  const { orgs, clock, config } = ask.edge;
  const org = orgIdOf(params);
  const { email = null, role } = await readJson(ask.request, newInvitationBody, 'inviting');
  if ((await orgs.get(org))?.kind === 'personal') throw personal();
  const secret = base64url.encode((await idempotentRandom(ask, identity, `link ${org}`)).bytes(secretBytes));
  const createdAtMs = clock.nowMs();
  const made = await orgs.invite({
    id: newInvitationId(await idempotentRandom(ask, identity, `invitation ${org}`)),
    org,
    email,
    role,
    hash: await sha256Hex(secret),
    invitedBy: identity.sub,
    createdAtMs,
    expiresAtMs: createdAtMs + limits.edge.invitationTtlMs,
  });
  if (made.email !== email || made.role !== role) throw keyReused('inviting');
  noteAudit(ask, { which: { kind: 'invitation', id: made.id }, details: { role, email } });
  const url = new URL(`/join/${made.id}.${secret}`, config.CELLBOOK_PUBLIC_URL).href;
  return json({ ...shownInvitation(made), url }, 201);
};

export const revokeInvitation: Answer = async ({ ask, params }) => {
  const { orgs, clock } = ask.edge;
  const id = params.invitationId ?? '';
  if (await orgs.revokeInvitation(orgIdOf(params), id, clock.nowMs())) return noContent();
  throw missing('open invitation', 'taking back an invitation', 'Look at the list of invitations.');
};

export interface Link {
  id: string;
  hash: string;
}

/** Of the words in an address; null where they are none of ours. */
export async function linkOf(text: string): Promise<Link | null> {
  const [, id, secret] = /^(inv-[0-9a-z]{20})\.([\w-]{43})$/.exec(text) ?? [];
  return id && secret ? { id, hash: await sha256Hex(secret) } : null;
}

export async function findLink({ edge }: Ask, link: Link | null): Promise<FoundInvitation> {
  const found = link && (await edge.orgs.findInvitation(link.id, link.hash, edge.clock.nowMs()));
  if (found) return found;
  throw new CellbookError('gone', {
    doing: 'opening an invitation',
    problem: 'this invitation has been used already, was taken back, or is over',
    next: 'Ask whoever invited you for another one.',
  });
}

const personal = (): CellbookError =>
  new CellbookError('conflict', {
    doing: 'inviting',
    problem: 'a personal organisation has its owner alone',
    next: 'Create an organisation to work with others.',
  });
