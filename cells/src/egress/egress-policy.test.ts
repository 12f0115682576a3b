import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEgressPolicy } from './egress-policy.ts';
import { egressEnvironment } from './inside.ts';
import { findRule } from './rules.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-policy-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function policyOf(file: unknown) {
  const path = join(directory, 'egress.json');
  await writeFile(path, typeof file === 'string' ? file : JSON.stringify(file));
  const policy = await readEgressPolicy(path);
  if (policy === null) throw new Error('a file is a policy');
  return policy;
}

test('without a file the package indexes are reached by TLS, and `off` is no way out', async () => {
  const policy = await readEgressPolicy(null);
  expect(
    policy?.rules.map(({ host, ports, tls, isPrivate }) => [host, ...ports, tls, isPrivate]),
  ).toContainEqual(['pypi.org', 443, true, false]);
  expect(policy?.indexUrl).toBeNull();
  expect(await readEgressPolicy('off')).toBeNull();
});

test('a mirror can take the place of the public indexes, and pip is told of it', async () => {
  const policy = await policyOf({
    ...{
      indexUrl: 'http://mirror.corp:3141/simple/',
      mirrors: ['https://files.corp'],
      packageIndexes: false,
    },
    allow: [{ host: '*.github.com', tiers: ['enterprise'] }],
  });
  const reaches = (host: string, port: number, tier: 'free' | 'enterprise' = 'free') =>
    findRule(policy.rules, tier, { host, port }) !== null;
  expect([reaches('mirror.corp', 3141), reaches('files.corp', 443)]).toEqual([true, true]);
  expect([reaches('mirror.corp', 80), reaches('pypi.org', 443), reaches('a.github.com', 443)]).toEqual([
    ...[false, false, false],
  ]);
  expect(reaches('a.github.com', 443, 'enterprise')).toBe(true);
  expect(egressEnvironment(policy)).toMatchObject({
    HTTPS_PROXY: 'http://127.0.0.1:3128',
    PIP_INDEX_URL: 'http://mirror.corp:3141/simple/',
    PIP_TRUSTED_HOST: 'mirror.corp:3141',
  });
  expect(egressEnvironment({ ...policy, indexUrl: 'https://mirror.corp/' })).not.toHaveProperty(
    'PIP_TRUSTED_HOST',
  );
});

test.each([
  ['no JSON', '{'],
  ['a field that does not exist', { indexURL: 'http://mirror.corp/' }],
  ['another protocol', { indexUrl: 'ftp://mirror.corp/' }],
  ['all names', { allow: [{ host: '*' }] }],
  ['no port', { allow: [{ host: 'a.corp', ports: [] }] }],
  ['a tier that does not exist', { allow: [{ host: 'a.corp', tiers: ['gold'] }] }],
])('a file with %s is refused by name', async (_what, file) => {
  await expect(policyOf(file)).rejects.toMatchObject({
    code: 'bad_request',
    doing: expect.stringContaining('egress.json'),
  });
});

test('a file that is not there is refused', async () => {
  await expect(readEgressPolicy(join(directory, 'none'))).rejects.toMatchObject({ code: 'bad_request' });
});
