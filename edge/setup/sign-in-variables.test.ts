import { expect, test } from 'vitest';
import { signInVariables } from './sign-in-variables.ts';

const provider = { id: 'one', name: 'One', issuer: 'https://one.example', clientId: 'cellbook' };
const CELLBOOK_OIDC = JSON.stringify(provider);

test('without a word the development form is there, with a provider it is not, and what is said counts', () => {
  expect(signInVariables({})).toEqual({ CELLBOOK_SIGN_IN: 'development' });
  expect(signInVariables({ CELLBOOK_OIDC }).CELLBOOK_SIGN_IN).toBe('oidc');
  const both = { CELLBOOK_OIDC, CELLBOOK_SIGN_IN: 'development,oidc' };
  expect(signInVariables(both).CELLBOOK_SIGN_IN).toBe('development,oidc');
});

test('an apostrophe in a provider’s name ends no value of the file', () => {
  const written =
    signInVariables({ CELLBOOK_OIDC: JSON.stringify({ ...provider, name: "Ada's" }) }).CELLBOOK_OIDC ?? '';
  expect(written).not.toContain("'");
  expect(JSON.parse(written)).toMatchObject({ name: "Ada's" });
});

test('a provider that is not well described stops the set-up', () => {
  for (const change of [
    { issuer: 'http://one.example' },
    { id: 'development' },
    { emailVerified: 'always' },
    { more: 1 },
  ])
    expect(() => signInVariables({ CELLBOOK_OIDC: JSON.stringify({ ...provider, ...change }) })).toThrow();
  const twice = JSON.stringify([provider, { ...provider, id: 'two' }]);
  expect(() => signInVariables({ CELLBOOK_OIDC: twice })).toThrow(/two providers of one issuer/);
});
