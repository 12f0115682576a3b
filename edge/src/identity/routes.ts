/** What one asks about oneself: who one is, where one is signed in, in which organisation one acts. */
import { roleSchema, scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { orgIdSchema, regionIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';
import type { GuardedRoute } from '../edge-route.ts';
import { me } from './me.ts';
import {
  actInOrganisation,
  endOneSession,
  listSessions,
  sessionsAnswer,
  switchBody,
} from './session-handlers.ts';

const meAnswer = z.object({
  userId: userIdSchema,
  orgId: orgIdSchema,
  name: z.string(),
  tier: tierSchema,
  region: regionIdSchema,
  /** As people are shown it. */
  regionName: z.string(),
  role: roleSchema,
  scopes: z.array(scopeSchema).nullable(),
  via: z.enum(['session', 'token']),
});

const reads = { permission: 'account.read', about: 'caller' } as const;
/** Where one is signed in is nothing that a program has to know or to change. */
const byPerson = { byKey: 'never' } as const;
const writes = { permission: 'account.write', about: 'caller', ...byPerson } as const;

export const accountRoutes: readonly GuardedRoute[] = [
  {
    ...{ ...reads, method: 'GET', path: '/v1/me', answer: ({ ask, identity }) => me(ask, identity) },
    describes: { id: 'me', summary: 'Who is asking', status: 200, answers: meAnswer },
  },
  {
    ...{ ...reads, ...byPerson, method: 'GET', path: '/v1/sessions', answer: listSessions },
    describes: {
      id: 'listSessions',
      summary: 'Where one is signed in',
      status: 200,
      answers: sessionsAnswer,
    },
  },
  {
    ...{ ...writes, method: 'DELETE', path: '/v1/sessions/:sessionId', answer: endOneSession },
    describes: { id: 'endSession', summary: 'Sign out somewhere else', status: 204, answers: null },
  },
  {
    ...{ ...writes, method: 'POST', path: '/v1/session/organisation', answer: actInOrganisation },
    describes: {
      ...{ id: 'actInOrganisation', summary: 'Act in another organisation: a new cookie of this session' },
      ...{ body: switchBody, status: 204, answers: null },
    },
  },
];
