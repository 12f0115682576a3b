import { systemClock } from '@cellbook/shared/clock.ts';
import { answerErrors } from '@cellbook/shared/http/answer-errors.ts';
import { newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { MemoryIdempotencyStore } from '../api/idempotency/memory-idempotency-store.ts';
import { registerContentsRoutes } from '../contents/register-contents-routes.ts';
import { startTestHost, type TestHost } from '../storage/test-volumes.ts';
import { actAs } from '../testing/act-as.ts';
import { createDiffer } from './differ.ts';
import { registerVersionRoutes } from './version-routes.ts';

const differ = createDiffer(systemClock);
let host: TestHost;
let app: FastifyInstance;
let caller: Principal;
let id: WorkspaceId;

beforeAll(async () => {
  host = await startTestHost();
  app = Fastify();
  answerErrors(app, silentLogger);
  caller = actAs(app);
  const tools = { random: systemRandom, log: silentLogger, clock: systemClock };
  registerContentsRoutes(app, { ...tools, volumes: host.volumes });
  await app.register(async (scope) => {
    scope.setValidatorCompiler(validatorCompiler);
    scope.setSerializerCompiler(serializerCompiler);
    registerVersionRoutes(scope.withTypeProvider<ZodTypeProvider>(), {
      ...{ ...tools, differ, volumes: host.volumes, idempotency: new MemoryIdempotencyStore() },
    });
  });
});
afterAll(async () => {
  await app.close();
  await differ.close();
  await host.close();
});
beforeEach(async () => {
  id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
});

const save = (path: string, body: object) =>
  app.inject({ method: 'PUT', url: `/w/${id}/api/contents/${path}`, payload: body });
const text = (content: string) => ({ type: 'file', format: 'text', content });
const notebook = (...sources: string[]) => ({
  type: 'notebook',
  format: 'json',
  content: {
    ...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
    cells: sources.map((source, at) => ({
      ...{ cell_type: 'code', id: `c${at}`, source, metadata: {}, outputs: [], execution_count: null },
    })),
  },
});
const url = (rest: string, path: string) =>
  `/v1/workspaces/${id}/versions${rest}?path=${encodeURIComponent(path)}`;
const get = async (rest: string, path: string) => {
  const answer = await app.inject({ method: 'GET', url: url(rest, path) });
  return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.body };
};
const versionsOf = async (path: string): Promise<{ id: string; savedBy: string; sizeBytes: number }[]> =>
  JSON.parse((await get('', path)).body).versions;

test('each save is a version: listed with who saved it, and read as it was', async () => {
  await save('a.txt', text('one'));
  await save('a.txt', text('three'));
  const versions = await versionsOf('a.txt');
  expect(versions).toMatchObject([
    { savedBy: caller.sub, sizeBytes: 5 },
    { savedBy: caller.sub, sizeBytes: 3 },
  ]);
  const older = await get(`/${versions[1]?.id}/content`, 'a.txt');
  expect(older).toEqual({ status: 200, type: 'application/octet-stream', body: 'one' });
});

test('two versions of a notebook are compared cell by cell, also with the one that is there now', async () => {
  await save('n.ipynb', notebook('x = 1', 'print(x)'));
  await save('n.ipynb', notebook('x = 2', 'print(x)'));
  const [newer, older] = await versionsOf('n.ipynb');
  for (const other of [newer?.id, 'current']) {
    const diff = JSON.parse((await get(`/${older?.id}/diff/${other}`, 'n.ipynb')).body);
    expect(diff.cells.map(({ op }: { op: string }) => op)).toEqual(['changed', 'same']);
    expect(diff.cells[0].source).toEqual([
      { op: 'removed', text: 'x = 1' },
      { op: 'added', text: 'x = 2' },
    ]);
  }
});

test('restoring makes a version the file again and loses nothing, even where file and folder are gone', async () => {
  await app.inject({ method: 'PUT', url: `/w/${id}/api/contents/folder`, payload: { type: 'directory' } });
  await save('folder/a.txt', text('precious'));
  await save('folder/a.txt', text('worse'));
  const [, precious] = await versionsOf('folder/a.txt');
  await app.inject({ method: 'DELETE', url: `/w/${id}/api/contents/folder` });
  const headers = { 'idempotency-key': systemRandom.uuid() };
  const restore = () =>
    app.inject({
      ...{ method: 'POST', headers, payload: { path: 'folder/a.txt' } },
      url: `/v1/workspaces/${id}/versions/${precious?.id}/restore`,
    });
  const [first, again] = [await restore(), await restore()];
  expect(first.statusCode).toBe(200);
  expect(again.json()).toEqual(first.json());
  expect(await versionsOf('folder/a.txt')).toHaveLength(3);
  const file = await app.inject({ method: 'GET', url: `/w/${id}/api/contents/folder/a.txt` });
  expect(file.json().content).toBe('precious');
});

test('versions can be forgotten, of a file or of a whole folder that is gone, and the files stay', async () => {
  await app.inject({ method: 'PUT', url: `/w/${id}/api/contents/folder`, payload: { type: 'directory' } });
  for (const path of ['a.txt', 'folder/b.txt', 'folder/c.txt']) await save(path, text('one'));
  const forget = (path: string) =>
    app.inject({
      ...{ method: 'POST', url: `/v1/workspaces/${id}/versions/forget`, payload: { path } },
      headers: { 'idempotency-key': systemRandom.uuid() },
    });
  expect((await forget('a.txt')).json()).toEqual({ path: 'a.txt', versions: [] });
  expect((await forget('a.txt')).statusCode).toBe(200);
  const file = await app.inject({ method: 'GET', url: `/w/${id}/api/contents/a.txt` });
  expect(file.json().content).toBe('one');
  await app.inject({ method: 'DELETE', url: `/w/${id}/api/contents/folder` });
  expect(await versionsOf('folder/b.txt')).toHaveLength(1);
  expect((await forget('folder')).statusCode).toBe(200);
  expect(await versionsOf('folder/b.txt')).toEqual([]);
  expect(await versionsOf('folder/c.txt')).toEqual([]);
});

test('what is not there, or no path, is refused by name', async () => {
  await save('a.txt', text('one'));
  expect(await get('/12345/content', 'a.txt')).toMatchObject({ status: 404 });
  expect(JSON.parse((await get('', 'never.txt')).body).versions).toEqual([]);
  expect((await get('', '../etc/passwd')).status).toBeGreaterThanOrEqual(400);
  expect((await get('/notanid/content', 'a.txt')).status).toBe(400);
});
