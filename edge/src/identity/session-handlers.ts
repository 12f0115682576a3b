/** One's sessions: where one is signed in, ending one, and acting in another organisation. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { orgIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { noteAudit } from '../audit/note-audit.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { readJson } from '../read-body.ts';
import { json, noContent } from '../responses/json.ts';
import { noSessionCookie, switchOrg } from './session.ts';

type Answer = GuardedRoute['answer'];

export const switchBody = z.object({ orgId: orgIdSchema }).strict();
export const sessionsAnswer = z.object({
  sessions: z.array(
    z.object({
      id: z.string(),
      orgId: z.string(),
      /** How one signed in: a provider's id, or `development`. */
      provider: z.string(),
      browser: z.string(),
      address: z.string(),
      isThis: z.boolean(),
      createdAt: z.iso.datetime(),
      /** To five minutes. */
      lastSeenAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
    }),
  ),
});

const iso = (ms: number): string => new Date(ms).toISOString();

export const listSessions: Answer = async ({ ask, identity }) => {
  const { people, clock } = ask.edge;
  const rows = await people.listSessions(identity.sub, clock.nowMs());
  const sessions = rows.map(({ id, org, provider, browser, address, ...times }) => ({
    ...{ id, orgId: org, provider, browser, address, isThis: id === identity.jti },
    createdAt: iso(times.createdAtMs),
    lastSeenAt: iso(times.lastSeenAtMs),
    expiresAt: iso(times.expiresAtMs),
  }));
  return json({ sessions });
};

export const endOneSession: Answer = async ({ ask, identity, params }) => {
  const { people, clock, revoked } = ask.edge;
  const id = params.sessionId ?? '';
  const ended = await people.endSession(identity.sub, id, clock.nowMs());
  if (!ended)
    throw new CellbookError('not_found', {
      doing: 'ending a session',
      problem: 'you have no such session, or it has ended',
      next: 'Look at the list of your sessions.',
    });
  revoked.adjust((ids) => ids.set(id, ended.expiresAtMs));
  const answer = noContent();
  if (id === identity.jti) answer.headers.set('set-cookie', noSessionCookie(ask));
  return answer;
};

export const actInOrganisation: Answer = async ({ ask, identity }) => {
  const { orgId } = await readJson(ask.request, switchBody, 'acting in another organisation');
  const cookie = await switchOrg(ask, identity, orgId);
  noteAudit(ask, { which: { kind: 'org', id: orgId, org: orgId } });
  return new Response(null, { status: 204, headers: { 'set-cookie': cookie } });
};
