/** What a provider's claims mean to us. Pure: claims that are missing or odd make a poorer login, never a wrong one. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { Login } from '../../directory/people.ts';
import type { ProviderConfig } from './provider-config.ts';

export type Claims = Readonly<Record<string, unknown>>;

const subjectCharsMax = 255;
const emailSchema = z.email().max(254);

/** Many providers put the name and address only into the answer of their userinfo endpoint. */
export function needsUserInfo({ claims }: ProviderConfig, idToken: Claims): boolean {
  const wanted = [claims.name, claims.email, ...(claims.groups === undefined ? [] : [claims.groups])];
  return wanted.some((name) => idToken[name] === undefined);
}

export function loginOf(config: ProviderConfig, subject: string, claims: Claims): Login {
  if (subject.length === 0 || subject.length > subjectCharsMax) throw unusable(config, 'names nobody');
  const email = emailSchema.safeParse(claims[config.claims.email]).data?.toLowerCase() ?? null;
  const isVerified = email !== null && isBelieved(config, email, claims);
  if (config.emailDomains && !isVerified) throw stranger(config);
  const name = nameOf([claims[config.claims.name], claims.preferred_username, email?.split('@')[0]]);
  const groups = config.claims.groups === undefined ? undefined : claims[config.claims.groups];
  return {
    issuer: config.issuer,
    subject,
    name: name ?? 'Somebody',
    email: isVerified ? email : null,
    groups: Array.isArray(groups) ? groupsOf(groups) : null,
  };
}

function isBelieved(config: ProviderConfig, email: string, claims: Claims): boolean {
  const domain = email.slice(email.lastIndexOf('@') + 1);
  if (config.emailDomains && !config.emailDomains.includes(domain)) return false;
  // Some send it as a word.
  return (
    config.emailVerified === 'always' || [true, 'true'].includes(claims.email_verified as boolean | string)
  );
}

function nameOf(candidates: unknown[]): string | null {
  for (const candidate of candidates)
    if (typeof candidate === 'string' && candidate.trim() !== '') return candidate.trim().slice(0, 100);
  return null;
}

const groupsOf = (groups: unknown[]): string[] =>
  groups.filter((one) => typeof one === 'string').slice(0, limits.edge.providerGroupsMax);

/** A provider that anybody can have an account with: only people of the domains that are named come in by it. */
const stranger = ({ id, name, emailDomains }: ProviderConfig): CellbookError =>
  new CellbookError('sign_in_refused', {
    doing: 'signing in',
    problem: `${name} vouches for no address of yours at ${emailDomains?.join(' or ')}`,
    next: 'Sign in with the account that has such an address, or ask your operator.',
    ids: { provider: id },
  });

function unusable({ id, name }: ProviderConfig, what: string): CellbookError {
  return new CellbookError('sign_in_refused', {
    doing: 'signing in',
    problem: `the answer of ${name} ${what}`,
    next: 'Ask your operator: the provider is not set up as it should be.',
    ids: { provider: id },
  });
}
