import { ManualClock } from '@cellbook/shared/clock.ts';
import { errorBody, toCellbookError } from '@cellbook/shared/errors.ts';
import { cellIdSchema, newOrgId, newUserId, newWorkspaceId, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { EnvironmentReset } from '@cellbook/shared/protocol/environment-api.ts';
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import fastify, { type FastifyInstance } from 'fastify';
import { beforeEach, expect, test } from 'vitest';
import type { Environment } from '../environments/environment-store.ts';
import type { ResumeReport } from '../ladder/resume-report.ts';
import type { QueuePlace } from '../lifecycle/boot-turns.ts';
import type { LabData } from './lab-data.ts';
import { registerLabRoutes } from './lab-routes.ts';
import { createMemoryLabStore } from './memory-lab-store.ts';

const random = seededRandom(7);
const workspaceId = newWorkspaceId(random);
const deletedId = newWorkspaceId(random);
const alice = newUserId(random);
const bob = newUserId(random);
const themes = '@jupyterlab/apputils-extension:themes';
const data: LabData = {
  schemas: new Map(
    ['@a/one:plugin', themes].map((id) => [
      id,
      { id, version: '4.6.3', schema: { type: 'object', title: id } },
    ]),
  ),
  licenses: [{ name: 'comma, "quoted"', versionInfo: '1.0', licenseId: 'MIT', extractedText: 'two\nlines' }],
};

let app: FastifyInstance;
let clock: ManualClock;
let user: UserId;

beforeEach(async () => {
  app = fastify();
  clock = new ManualClock(Date.UTC(2026, 0, 1));
  user = alice;
  app.setErrorHandler((thrown, _request, reply) => {
    const error = toCellbookError(thrown, 'testing');
    return reply.code(error.status).send(errorBody(error));
  });
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request) => {
    request.principal = {
      iss: 'cellbook-edge',
      aud: cellIdSchema.parse('cell-a'),
      sub: user,
      org: newOrgId(random),
      name: 'Alice',
      tier: 'free',
      role: 'member',
      scopes: null,
      cred: 'test',
      via: 'workspace',
      pin: 0,
      iat: 0,
      exp: 0,
    };
  });
  const summary = {
    id: workspaceId,
    ownerId: alice,
    name: 'mine',
    desired: 'suspended',
    phase: 'suspended',
    epoch: 3,
    problem: null,
    lastResume: { rung: 'live', missed: [], durationMs: 41, steps: [], atMs: 0 } satisfies ResumeReport,
  } as const;
  const runtime = {
    find: async (id: string) => (id === workspaceId ? { ...summary, phase } : null),
    touch: (id: string) => void touched.push(id),
  };
  const environments = {
    store: { read: async () => environment },
    volumes: {
      async resetEnvironment(id: string, to: EnvironmentReset) {
        resets.push(`${id} ${to}`);
      },
    },
  };
  const queue = { placeOf: () => place };
  registerLabRoutes(app, { store: createMemoryLabStore(), data, clock, runtime, queue, environments });
  await app.ready();
});

const touched: string[] = [];
const resets: string[] = [];
let environment: Environment | null = null;
let phase: Phase = 'suspended';
let place: QueuePlace | null = null;
const api = `/w/${workspaceId}/lab/api`;
const get = (path: string) => app.inject(`${api}${path}`);
const put = (path: string, payload: unknown) =>
  app.inject({
    method: 'PUT',
    url: `${api}${path}`,
    headers: { 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });

test('lists every plugin with its schema, and only the ids when asked', async () => {
  expect((await get('/settings?ids_only=true')).json()).toEqual({
    settings: [{ id: '@a/one:plugin' }, { id: themes }],
  });
  const all = (await get('/settings?1700000000')).json();
  expect(all.settings[1]).toEqual({
    id: themes,
    version: '4.6.3',
    schema: { type: 'object', title: themes },
    raw: '{}',
    settings: {},
    created: null,
    last_modified: null,
  });
});

test('saves settings word for word, comments included, for this user in every workspace of theirs', async () => {
  const raw = `{\n  // dark at night\n  theme: 'JupyterLab Dark',\n}`;
  expect((await put(`/settings/${themes}`, { raw })).statusCode).toBe(204);
  const saved = { raw, settings: { theme: 'JupyterLab Dark' }, last_modified: '2026-01-01T00:00:00.000Z' };
  expect((await get(`/settings/${encodeURIComponent(themes)}`)).json()).toMatchObject(saved);
  expect((await get('/settings')).json().settings[1]).toMatchObject(saved);
  const elsewhere = await app.inject(`/w/${newWorkspaceId(random)}/lab/api/settings/${themes}`);
  expect(elsewhere.json()).toMatchObject(saved);
  user = bob;
  expect((await get(`/settings/${themes}`)).json().raw).toBe('{}');
});

test.each([
  ['a body that is not JSON', '{"raw":', 'malformed_json'],
  ['a body without raw', { row: '{}' }, 'bad_request'],
  ['raw that is no text', { raw: {} }, 'bad_request'],
  ['raw that is not JSON5', { raw: '{ theme: }' }, 'malformed_json'],
  ['raw that is not an object', { raw: '[1]' }, 'malformed_json'],
  ['raw with a NUL', { raw: '{"a":"\0"}' }, 'malformed_json'],
  ['raw that is too long', { raw: `{"a":"${'x'.repeat(limits.lab.settingBytesMax)}"}` }, 'too_large'],
])('refuses settings with %s, and keeps what it had', async (_what, payload, code) => {
  await put(`/settings/${themes}`, { raw: '{"a":1}' });
  const refused = await put(`/settings/${themes}`, payload);
  expect(refused.json()).toMatchObject({ code });
  expect(refused.json().next).toBeTruthy();
  expect((await get(`/settings/${themes}`)).json().raw).toBe('{"a":1}');
});

test('says where the settings text is wrong', async () => {
  const refused = await put(`/settings/${themes}`, { raw: '{\n "theme": ,\n}' });
  expect(refused.statusCode).toBe(400);
  expect(refused.json().message).toContain('2:11');
});

test('refuses settings of a plugin that is not in the bundle', async () => {
  for (const answer of [await get('/settings/@evil/x:y'), await put('/settings/@evil/x:y', { raw: '{}' })]) {
    expect(answer.statusCode).toBe(404);
    expect(answer.json().code).toBe('not_found');
  }
});

test('reads a layout never saved as an empty one, and gives a saved one back', async () => {
  expect((await get('/workspaces/default')).json()).toEqual({ data: {}, metadata: { id: '/default' } });
  const data = { 'layout-restorer:data': { main: null } };
  expect((await put('/workspaces/default', { data, metadata: { id: 'default' } })).statusCode).toBe(204);
  await clock.advance(1_000);
  expect((await put('/workspaces/default', { data, metadata: { id: '/default' } })).statusCode).toBe(204);
  const metadata = { created: '2026-01-01T00:00:00.000Z', last_modified: '2026-01-01T00:00:01.000Z' };
  expect((await get('/workspaces/default')).json()).toEqual({
    data,
    metadata: { id: '/default', ...metadata },
  });
});

test('lists layouts of this user and workspace alone, and deletes one once', async () => {
  await put('/workspaces/a%20b', { data: {}, metadata: { id: 'a b' } });
  expect((await get('/workspaces')).json().workspaces.ids).toEqual(['a b']);
  user = bob;
  expect((await get('/workspaces')).json()).toEqual({ workspaces: { ids: [], values: [] } });
  user = alice;
  const remove = () => app.inject({ method: 'DELETE', url: `${api}/workspaces/a%20b` });
  expect((await remove()).statusCode).toBe(204);
  expect((await remove()).statusCode).toBe(404);
});

test.each([
  ['another name in its metadata', 'default', { data: {}, metadata: { id: 'other' } }, 'bad_request'],
  ['no metadata', 'default', { data: {} }, 'bad_request'],
  ['data that is no object', 'default', { data: 3, metadata: { id: 'default' } }, 'bad_request'],
  ['a body that is not JSON', 'default', 'nonsense', 'malformed_json'],
  ['a name with a NUL', '%00', { data: {}, metadata: { id: '\0' } }, 'bad_request'],
  ['a name too long', 'x'.repeat(200), { data: {}, metadata: { id: 'x'.repeat(200) } }, 'bad_request'],
  [
    'too many bytes',
    'default',
    { data: { a: 'x'.repeat(limits.lab.layoutBytesMax) }, metadata: { id: 'default' } },
    'too_large',
  ],
])('refuses a layout with %s', async (_what, name, payload, code) => {
  const refused = await put(`/workspaces/${name}`, payload);
  expect(refused.json()).toMatchObject({ code });
  expect((await get('/workspaces')).json().workspaces.ids).toEqual([]);
});

test('refuses one layout too many with a quota error', async () => {
  for (let index = 0; index < limits.lab.layoutsPerWorkspaceMax; index++) {
    await put(`/workspaces/${index}`, { data: {}, metadata: { id: `${index}` } });
  }
  const refused = await put('/workspaces/more', { data: {}, metadata: { id: 'more' } });
  expect(refused.statusCode).toBe(429);
  expect(refused.json().code).toBe('quota_exceeded');
});

test('answers in English, and names a language pack that is not installed inside a 200', async () => {
  expect((await get('/translations')).json().data).toEqual({
    en: { displayName: 'English', nativeName: 'English' },
  });
  expect((await get('/translations/default')).json()).toEqual({ data: {}, message: '' });
  const german = await get('/translations/de_DE');
  expect(german.statusCode).toBe(200);
  expect(german.json()).toEqual({ data: {}, message: "Language pack 'de_DE' not installed!" });
});

test('tells the state of the workspace without asking for it to run', async () => {
  const at = new Date(0).toISOString();
  const lastResume = { rung: 'live', missed: [], durationMs: 41, steps: [], at };
  const state = { id: workspaceId, name: 'mine', phase: 'suspended', problem: null, queue: null, lastResume };
  expect((await get('/cellbook')).json()).toEqual(state);
  place = { position: 3, of: 40 };
  expect((await get('/cellbook')).json()).toEqual({ ...state, queue: place });
  expect((await app.inject(`/w/${deletedId}/lab/api/cellbook`)).statusCode).toBe(404);
});

test('somebody who is there keeps a running workspace running, and wakes no suspended one', async () => {
  const keep = (id: string) => app.inject({ method: 'POST', url: `/w/${id}/lab/api/cellbook/keep-running` });
  expect((await keep(workspaceId)).statusCode).toBe(204);
  expect(touched).toEqual([]);
  phase = 'running';
  expect((await keep(workspaceId)).statusCode).toBe(204);
  expect(touched).toEqual([workspaceId]);
  expect((await keep(deletedId)).statusCode).toBe(404);
});

test.each(['build', 'extensions', 'plugins', 'news', 'update'])('answers GET %s', async (path) => {
  expect((await get(`/${path}`)).statusCode).toBe(200);
});

test('refuses to change the installation by name', async () => {
  const refused = await app.inject({ method: 'POST', url: `${api}/extensions`, payload: { cmd: 'install' } });
  expect(refused.statusCode).toBe(501);
  expect(refused.json().code).toBe('not_implemented');
});

test('reports the licences as JSON, as CSV that quotes, and as Markdown; another format is refused', async () => {
  const json = await get('/licenses/');
  expect(json.json()).toEqual({ bundles: { JupyterLab: { packages: data.licenses } } });
  const csv = await get('/licenses/?format=csv&download=1');
  expect(csv.body).toContain('"comma, ""quoted""",1.0,MIT,"two\nlines"');
  expect(csv.headers['content-disposition']).toContain('jupyterlab-licenses.csv');
  expect((await get('/licenses?format=markdown&full_text=false')).body).not.toContain('two\nlines');
  expect((await get('/licenses?format=xml')).statusCode).toBe(400);
});

test('shows what is installed, gives its lockfile, and resets it to nothing or to what was before', async () => {
  expect((await get('/cellbook/environment')).json()).toMatchObject({ digest: null, bytes: 0, packages: [] });
  const packages = [{ name: 'cowsay', version: '6.1', record: null, url: null }];
  const layer = { root: 'a'.repeat(64), mode: 0o755, times: null, looks: '', files: 9, bytes: 1_234 };
  environment = {
    ...{ workspaceId, orgId: newOrgId(random), state: 'ready', problem: null, previous: null },
    layer: { ...layer, packages, storedAtMs: 0 },
  };
  const shown = (await get('/cellbook/environment')).json();
  expect(shown).toMatchObject({
    digest: layer.root,
    bytes: 1_234,
    packages,
    storedAt: '1970-01-01T00:00:00.000Z',
  });
  expect((await get('/cellbook/environment/lock')).body).toContain('cowsay==6.1');
  for (const payload of [{}, { to: 'previous' }])
    expect(
      (await app.inject({ method: 'POST', url: `${api}/cellbook/environment/reset`, payload })).statusCode,
    ).toBe(200);
  const payload = { to: 'yesterday' };
  const refused = await app.inject({ method: 'POST', url: `${api}/cellbook/environment/reset`, payload });
  expect(refused.statusCode).toBeGreaterThanOrEqual(400);
  expect(resets).toEqual([`${workspaceId} empty`, `${workspaceId} previous`]);
});
