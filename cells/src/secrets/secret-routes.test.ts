import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, type CallOptions, startApiServer } from '../api/testing/api-server.ts';
import { createPostgresSecretStore } from './postgres-secret-store.ts';
import { Secrets } from './secrets.ts';

const program = resolve(import.meta.dirname, 'main.ts');
const sentinel = `sentinel-${systemRandom.uuid()}`;
const org = newOrgId(systemRandom);

let directory: string;
let keysFile: string;
let api: ApiServer;
let secrets: Secrets;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-secrets-'));
  keysFile = join(directory, 'secrets.jwks.json');
  await command('init');
  api = await startApiServer({
    secrets({ database }) {
      const store = createPostgresSecretStore(database);
      secrets = new Secrets({
        ...{ store, keysFile, bring: null, clock: systemClock, log: silentLogger },
        hasLeft: async () => false,
      });
      return { secrets, delivery: { changed: async () => ({ sandboxesUpdated: 0, sandboxesMissed: 0 }) } };
    },
  });
}, 60_000);
afterAll(async () => {
  await api?.stop();
  await rm(directory, { recursive: true, force: true });
});

const command = async (name: string, env: Record<string, string> = {}) =>
  (
    await promisify(execFile)(process.execPath, [program, name, keysFile], {
      env: { ...process.env, ...env },
    })
  ).stdout;

const as = (role: string, more: Record<string, unknown> = {}) => ({ claims: { org, role, ...more } });
const put = (path: string, value: unknown, options: CallOptions = as('member')) =>
  api.call('PUT', path, { body: { value }, ...options });

describe('the routes of secrets', () => {
  it('take a value, list its name, and never give it back', async () => {
    const written = await put('/v1/secrets/MY_TOKEN', sentinel);
    expect(written).toMatchObject({ status: 200, body: { name: 'MY_TOKEN', sandboxesUpdated: 0 } });
    const listed = await api.call('GET', '/v1/secrets', as('member'));
    expect(listed.body).toMatchObject({ secrets: [{ name: 'MY_TOKEN' }] });
    const removed = await api.call('DELETE', '/v1/secrets/MY_TOKEN', as('member'));
    expect(removed.body).toMatchObject({ removed: true });
    const again = await api.call('DELETE', '/v1/secrets/MY_TOKEN', as('member'));
    expect(again).toMatchObject({ status: 200, body: { removed: false } });
    for (const { body } of [written, listed, removed, again])
      expect(JSON.stringify(body)).not.toContain(sentinel);
  });

  it('are in the audit log by name, without the value', async () => {
    const sub = newUserId(systemRandom);
    await put('/v1/secrets/AUDITED', sentinel, as('member', { sub }));
    await api.call('DELETE', '/v1/org/secrets/AUDITED', as('admin', { sub }));
    const deeds = (await api.audit.events()).filter(({ who }) => who.id === sub);
    expect(deeds).toMatchObject([
      { what: 'secret.put', which: { kind: 'secret', id: 'AUDITED', owner: sub }, result: { outcome: 'ok' } },
      { what: 'org_secret.delete', which: { kind: 'secret', id: 'AUDITED', owner: org } },
    ]);
    expect(JSON.stringify(deeds)).not.toContain(sentinel);
  });

  it('keep a user’s and an organisation’s apart, and let the user’s own count first', async () => {
    const userId = newUserId(systemRandom);
    const user = { sub: userId };
    await put('/v1/org/secrets/SHARED', 'of the organisation', as('admin'));
    await put('/v1/org/secrets/BOTH', 'of the organisation', as('admin'));
    await put('/v1/secrets/BOTH', 'of the user', as('member', user));
    expect((await api.call('GET', '/v1/secrets', as('member', user))).body).toMatchObject({
      secrets: [{ name: 'BOTH' }],
    });
    expect((await api.call('GET', '/v1/org/secrets', as('viewer', user))).body).toMatchObject({
      secrets: [{ name: 'BOTH' }, { name: 'SHARED' }],
    });
    expect(await secrets.environmentOf({ ownerId: userId, orgId: org })).toEqual({
      SHARED: 'of the organisation',
      BOTH: 'of the user',
    });
    const elsewhere = { ownerId: userId, orgId: newOrgId(systemRandom) };
    expect(await secrets.environmentOf(elsewhere)).toEqual({ BOTH: 'of the user' });
  });

  it('ask for the permission that each names', async () => {
    expect((await put('/v1/org/secrets/X', 'v', as('member'))).body.code).toBe('forbidden');
    expect((await put('/v1/secrets/X', 'v', as('viewer'))).body.code).toBe('forbidden');
    const key = as('admin', { scopes: ['workspaces'] });
    expect((await api.call('GET', '/v1/secrets', key)).body.code).toBe('scope_insufficient');
    expect((await put('/v1/secrets/X', 'v', as('member', { via: 'workspace' }))).body.code).toBe('forbidden');
  });

  it.each([
    ['1ST', 'name'],
    ['A-B', 'name'],
    ['PATH', 'reserved'],
    ['LD_PRELOAD', 'reserved'],
    ['PYTHONPATH', 'reserved'],
    ['CELLBOOK_X', 'reserved'],
    ['PROMPT_COMMAND', 'reserved'],
    ['GIT_SSH_COMMAND', 'reserved'],
    ['XDG_CONFIG_HOME', 'reserved'],
    [`L${'O'.repeat(limits.secrets.nameCharsMax)}NG`, 'too long'],
  ])('refuse the name %s', async (name, why) => {
    const { status, body } = await put(`/v1/secrets/${name}`, sentinel);
    expect(status).toBe(400);
    expect(body.reason).toContain(why);
    expect(body.next).toBeDefined();
    expect(JSON.stringify(body)).not.toContain(sentinel);
  });

  it('refuse a value that no environment can have, one that is too large, and repeat nothing of it', async () => {
    const bodies: [CallOptions, string][] = [
      [{ body: { value: `${sentinel}\0` } }, 'bad_request'],
      [{ body: { value: '' } }, 'bad_request'],
      [{ body: { value: [sentinel] } }, 'bad_request'],
      [{ body: { [sentinel]: 1 } }, 'bad_request'],
      [{ body: sentinel }, 'bad_request'],
      [{ text: `{"value": ${sentinel}` }, 'malformed_json'],
      [{ text: `{"value": "${sentinel}" ${sentinel}}` }, 'malformed_json'],
      [{ body: { value: sentinel.padEnd(limits.secrets.valueBytesMax + 1, '.') } }, 'too_large'],
      [{ body: { value: sentinel.padEnd(limits.secrets.bodyBytesMax, '.') } }, 'too_large'],
    ];
    for (const [sent, code] of bodies) {
      const { body } = await api.call('PUT', '/v1/secrets/REFUSED', { ...sent, ...as('member') });
      expect(body.code).toBe(code);
      expect(JSON.stringify(body)).not.toContain(sentinel);
    }
    const largest = '\u0001'.repeat(limits.secrets.valueBytesMax);
    expect((await put('/v1/secrets/LARGEST', largest)).status).toBe(200);
  });

  it('without a master key refuse, and say how to make one', async () => {
    const bare = await startApiServer();
    try {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const path = method === 'GET' ? '/v1/secrets' : '/v1/secrets/A';
        const sent = method === 'PUT' ? { body: { value: 'v' } } : {};
        const { status, body } = await bare.call(method, path, sent);
        expect([status, body.code]).toEqual([501, 'not_configured']);
        expect(body.next).toContain('CELLBOOK_SECRET_KEYS');
      }
    } finally {
      await bare.stop();
    }
  });
});

it('a rotation by the commands leaves every secret readable, and the old key needed by none', async () => {
  const ownerId = newUserId(systemRandom);
  await put('/v1/secrets/BEFORE', 'one', as('member', { sub: ownerId }));
  const databases = { DATABASE_URL: api.database.url };
  await command('rotate');
  await put('/v1/secrets/AFTER', 'two', as('member', { sub: ownerId }));
  await expect(command('retire', databases)).rejects.toThrow('reseal first');
  expect(await command('reseal', databases)).toMatch(/sealed [1-9]\d* secrets and image keys anew/);
  expect(await command('reseal', databases)).toContain('sealed 0 secrets');
  expect(await command('retire', databases)).toMatch(/dropped \w{16}/);
  const environment = await secrets.environmentOf({ ownerId, orgId: newOrgId(systemRandom) });
  expect(environment).toEqual({ BEFORE: 'one', AFTER: 'two' });
});

it('a secret that no key opens is left out, and the others are given', async () => {
  const ownerId = newUserId(systemRandom);
  await put('/v1/secrets/GOOD', 'good', as('member', { sub: ownerId }));
  await put('/v1/secrets/SWAPPED', 'bad', as('member', { sub: ownerId }));
  await api.database.database
    .$client`update secrets set name = 'MOVED' where owner = ${ownerId} and name = 'SWAPPED'`;
  const environment = await secrets.environmentOf({ ownerId, orgId: newOrgId(systemRandom) });
  expect(environment).toEqual({ GOOD: 'good' });
});
