/** Keys of one's own, and an organisation's keys and service accounts for its admins. */
import type { Description, GuardedRoute } from '../edge-route.ts';
import { keysAnswer, madeKeyAnswer, madeTokenAnswer, serviceAccountAnswer, tokensAnswer } from './answers.ts';
import { createKey, listKeys, ofOrganisation, own, revokeKey } from './key-handlers.ts';
import { newKeySchema } from './make-key.ts';
import {
  changeSchema,
  changeServiceAccount,
  createServiceAccount,
  createServiceAccountKey,
  listServiceAccountKeys,
  listServiceAccounts,
  newSchema,
} from './service-account-handlers.ts';

const reads = { method: 'GET', permission: 'key.read' } as const;
/** A client's key that leaks cannot make itself successors: it takes the scope by name, or a person. */
const writes = { permission: 'key.write', byKey: 'scoped' } as const;
const about = 'organisation' as const;
const org = '/v1/orgs/:orgId';
const accounts = `${org}/service-accounts`;

const says = (
  id: string,
  summary: string,
  answers: Description['answers'],
  more: Partial<Description> = {},
) => ({
  describes: { id, summary, status: answers === null ? 204 : 200, answers, ...more } satisfies Description,
});

/** The older word for keys, for clients that know no other. */
const tokenRoutes: readonly GuardedRoute[] = [
  {
    ...{ ...reads, path: '/v1/tokens', about: 'caller', answer: listKeys('tokens', own) },
    ...says('listTokens', 'Your keys, by their older name', tokensAnswer),
  },
  {
    ...{ ...writes, method: 'POST', path: '/v1/tokens', about: 'caller', answer: createKey('tokens') },
    ...says('createToken', 'Make a key, by its older name', madeTokenAnswer, {
      body: newKeySchema,
      status: 201,
    }),
  },
  {
    ...{ ...writes, method: 'DELETE', path: '/v1/tokens/:id', about: 'caller', answer: revokeKey(own) },
    ...says('revokeToken', 'Revoke a key, by its older name', null),
  },
];

export const keyRoutes: readonly GuardedRoute[] = [
  {
    ...{ ...reads, path: '/v1/keys', about: 'caller', answer: listKeys('keys', own) },
    ...says('listKeys', 'Your keys, newest first', keysAnswer),
  },
  {
    ...{ ...writes, method: 'POST', path: '/v1/keys', about: 'caller', answer: createKey('keys') },
    ...says('createKey', 'Make a key; it is shown this once', madeKeyAnswer, {
      body: newKeySchema,
      status: 201,
    }),
  },
  {
    ...{ ...writes, method: 'DELETE', path: '/v1/keys/:id', about: 'caller', answer: revokeKey(own) },
    ...says('revokeKey', 'Revoke a key; it is dead everywhere within a minute', null),
  },
  ...tokenRoutes,
  {
    ...{ ...reads, path: `${org}/keys`, about, answer: listKeys('keys', ofOrganisation) },
    ...says('listOrganisationKeys', 'The keys of everybody in the organisation', keysAnswer),
  },
  {
    ...{ ...writes, method: 'DELETE', path: `${org}/keys/:id`, about, answer: revokeKey(ofOrganisation) },
    ...says('revokeOrganisationKey', 'Revoke anybody’s key in the organisation', null),
  },
  {
    ...{ ...reads, path: accounts, about, answer: listServiceAccounts },
    ...says('listServiceAccounts', 'Service accounts, oldest first', serviceAccountAnswer.list),
  },
  {
    ...{ ...writes, method: 'POST', path: accounts, about, answer: createServiceAccount },
    ...says('createServiceAccount', 'Make a service account', serviceAccountAnswer.one, {
      ...{ body: newSchema, status: 201 },
    }),
  },
  {
    ...{ ...writes, method: 'PATCH', path: `${accounts}/:id`, about, answer: changeServiceAccount },
    ...says(
      'changeServiceAccount',
      'Rename, give another role, disable or enable',
      serviceAccountAnswer.one,
      {
        body: changeSchema,
      },
    ),
  },
  {
    ...{ ...reads, path: `${accounts}/:id/keys`, about, answer: listServiceAccountKeys },
    ...says('listServiceAccountKeys', 'The keys of a service account', keysAnswer),
  },
  {
    ...{ ...writes, method: 'POST', path: `${accounts}/:id/keys`, about, answer: createServiceAccountKey },
    ...says('createServiceAccountKey', 'Make a service account a key; it is shown this once', madeKeyAnswer, {
      ...{ body: newKeySchema, status: 201 },
    }),
  },
];
