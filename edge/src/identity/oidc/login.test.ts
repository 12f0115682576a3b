import { describe, expect, test } from 'vitest';
import { loginOf, needsUserInfo } from './login.ts';
import { type ProviderConfig, providerConfigSchema } from './provider-config.ts';

const provider = (change: object = {}): ProviderConfig =>
  providerConfigSchema.parse({
    ...{ id: 'acme', name: 'Acme', issuer: 'https://id.acme.example', clientId: 'cellbook' },
    ...change,
  });
const ada = { name: 'Ada', email: 'Ada@Acme.example', email_verified: true };

test('a login is who the provider says, with the address in lower case', () => {
  expect(loginOf(provider(), '42', ada)).toEqual({
    ...{ issuer: 'https://id.acme.example', subject: '42', name: 'Ada' },
    ...{ email: 'ada@acme.example', groups: null },
  });
});

describe('an address counts', () => {
  test.each([
    ['verified', {}, ada, true],
    ['verified, said as a word', {}, { ...ada, email_verified: 'true' }, true],
    ['not verified', {}, { ...ada, email_verified: false }, false],
    ['verified, as something else that is true', {}, { ...ada, email_verified: 1 }, false],
    ['nothing said', {}, { name: 'Ada', email: ada.email }, false],
    ['no address', {}, { ...ada, email: 'ada' }, false],
    ['of the provider’s own domain', { emailDomains: ['ACME.example'] }, ada, true],
    [
      'its own, without a word of it being verified',
      { emailVerified: 'always', emailDomains: ['acme.example'] },
      { email: ada.email },
      true,
    ],
  ])('%s: %o', (_, change, claims, counts) => {
    expect(loginOf(provider(change), '42', claims).email).toBe(counts ? 'ada@acme.example' : null);
  });
});

test.each([
  ['of another domain', ['other.example'], ada],
  ['of a domain that only ends so', ['cme.example'], ada],
  ['that is not verified', ['acme.example'], { ...ada, email_verified: false }],
  ['that is none', ['acme.example'], { name: 'Ada' }],
])('where domains are named, an address %s lets nobody in', (_, emailDomains, claims) => {
  expect(() => loginOf(provider({ emailDomains }), '42', claims)).toThrow(
    expect.objectContaining({ code: 'sign_in_refused' }),
  );
});

test('a name is found where there is any', () => {
  const nameOf = (claims: object) => loginOf(provider(), '42', { ...claims }).name;
  expect(nameOf({ name: ' Ada ' })).toBe('Ada');
  expect(nameOf({ name: '', preferred_username: 'ada' })).toBe('ada');
  expect(nameOf({ name: 7, email: 'ada@acme.example' })).toBe('ada');
  expect(nameOf({})).toBe('Somebody');
  expect(nameOf({ name: 'x'.repeat(1_000) })).toHaveLength(100);
});

test('groups are those of the claim that is configured, as far as they are names', () => {
  const config = provider({ claims: { groups: 'roles' } });
  expect(loginOf(config, '42', { ...ada, roles: ['a', 7, 'b'] }).groups).toEqual(['a', 'b']);
  expect(loginOf(config, '42', { ...ada, roles: 'a' }).groups).toBeNull();
  expect(loginOf(provider(), '42', { ...ada, roles: ['a'], groups: ['b'] }).groups).toBeNull();
  const many = Array.from({ length: 1_000 }, (_, index) => `g${index}`);
  expect(loginOf(config, '42', { ...ada, roles: many }).groups).toHaveLength(200);
});

test('a subject that is nobody’s is refused', () => {
  for (const subject of ['', 'x'.repeat(256)])
    expect(() => loginOf(provider(), subject, ada)).toThrow(
      expect.objectContaining({ code: 'sign_in_refused' }),
    );
});

test('the userinfo endpoint is asked only where a claim is missing', () => {
  expect(needsUserInfo(provider(), ada)).toBe(false);
  expect(needsUserInfo(provider(), { name: 'Ada' })).toBe(true);
  expect(needsUserInfo(provider({ claims: { groups: 'groups' } }), ada)).toBe(true);
});
