/** Keys of one's own, and an organisation's keys and service accounts for its admins. */
import type { EdgeRoute, GuardedRoute } from '../edge-route.ts';
import { createKey, listKeys, ofOrganisation, own, revokeKey, type Word } from './key-handlers.ts';
import {
  changeServiceAccount,
  createServiceAccount,
  createServiceAccountKey,
  listServiceAccountKeys,
  listServiceAccounts,
} from './service-account-handlers.ts';

const reads = { method: 'GET', permission: 'key.read' } as const;
/** A client's key that leaks cannot make itself successors: it takes the scope by name, or a person. */
const writes = { permission: 'key.write', byKey: 'scoped' } as const;

const ownKeys = (word: Word): GuardedRoute[] => [
  { ...reads, path: `/v1/${word}`, about: 'caller', answer: listKeys(word, own) },
  { ...writes, method: 'POST', path: `/v1/${word}`, about: 'caller', answer: createKey(word) },
  { ...writes, method: 'DELETE', path: `/v1/${word}/:id`, about: 'caller', answer: revokeKey(own) },
];

const org = '/v1/orgs/:orgId';
const accounts = `${org}/service-accounts`;
const about = 'organisation' as const;

export const keyRoutes: readonly EdgeRoute[] = [
  ...ownKeys('keys'),
  ...ownKeys('tokens'),
  { ...reads, path: `${org}/keys`, about, answer: listKeys('keys', ofOrganisation) },
  { ...writes, method: 'DELETE', path: `${org}/keys/:id`, about, answer: revokeKey(ofOrganisation) },
  { ...reads, path: accounts, about, answer: listServiceAccounts },
  { ...writes, method: 'POST', path: accounts, about, answer: createServiceAccount },
  { ...writes, method: 'PATCH', path: `${accounts}/:id`, about, answer: changeServiceAccount },
  { ...reads, path: `${accounts}/:id/keys`, about, answer: listServiceAccountKeys },
  { ...writes, method: 'POST', path: `${accounts}/:id/keys`, about, answer: createServiceAccountKey },
];
