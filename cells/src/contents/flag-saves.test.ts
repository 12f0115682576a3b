import { systemClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Findings } from '../findings/findings.ts';
import { createMemoryFindingStore } from '../findings/memory-finding-store.ts';
import { planted } from '../findings/planted.ts';
import { createScanner, type Scanner } from '../findings/scanner.ts';
import { startTestHost, type TestHost } from '../storage/test-volumes.ts';
import { actAs } from '../testing/act-as.ts';
import { registerContentsRoutes } from './register-contents-routes.ts';

const [first] = planted;
const credential = first?.credential ?? '';
const store = createMemoryFindingStore();
const real = createScanner(systemClock);
let scan: Scanner['scan'] = real.scan;
let host: TestHost;
let app: FastifyInstance;
let id: WorkspaceId;
beforeAll(async () => {
  host = await startTestHost();
  app = Fastify();
  actAs(app);
  const scanner: Scanner = { scan: (workspaceId, file) => scan(workspaceId, file), close: real.close };
  registerContentsRoutes(app, {
    volumes: host.volumes,
    random: systemRandom,
    log: silentLogger,
    findings: new Findings({ scanner, store, clock: systemClock, log: silentLogger }),
  });
  // The first scan starts the thread, which takes longer than a save waits.
  await real.scan(newWorkspaceId(systemRandom), { path: 'a.py', bytes: Buffer.alloc(0) });
});
afterAll(async () => {
  await app.close();
  await real.close();
  await host.close();
});
beforeEach(async () => {
  scan = real.scan;
  id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
});

async function call(method: 'PUT' | 'PATCH' | 'DELETE' | 'GET', path: string, payload?: object) {
  const answer = await app.inject({
    method,
    url: `/w/${id}/api/contents/${path}`,
    ...(payload && { payload }),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body === '' ? null : answer.json(),
  };
}
const notebook = (source: string) => ({
  type: 'notebook',
  format: 'json',
  content: {
    cells: [{ cell_type: 'code', id: 'a', source, metadata: {}, outputs: [], execution_count: null }],
    ...{ metadata: {}, nbformat: 4, nbformat_minor: 5 },
  },
});

test('a saved notebook with a credential is saved, and its answer says where it is and not what', async () => {
  const saved = await call('PUT', 'a.ipynb', notebook(`import os\nt = "${credential}"`));
  expect(saved.status).toBe(201);
  expect(saved.headers['cellbook-findings']).toBe('1');
  expect(saved.body.cellbook_findings).toEqual([
    { rule: 'github/GITHUB_TOKEN', cell: 0, part: 'source', line: 2, hint: 'ghp_… (40 characters)' },
  ]);
  expect((await call('GET', 'a.ipynb')).body.content.cells[0].source).toContain(credential);
  expect(await store.list(id)).toMatchObject([{ path: 'a.ipynb' }]);

  const clean = await call('PUT', 'a.ipynb', notebook('t = os.environ["T"]'));
  expect(clean.headers['cellbook-findings']).toBe('0');
  expect(clean.body).not.toHaveProperty('cellbook_findings');
  expect(await store.list(id)).toEqual([]);
});

test('the mark goes along when a folder is renamed, and away when the file is', async () => {
  const file = { type: 'file', format: 'text', content: first?.code };
  await call('PUT', 'folder', { type: 'directory' });
  expect((await call('PUT', 'folder/b.py', file)).headers['cellbook-findings']).toBe('1');
  await call('PATCH', 'folder', { path: 'renamed' });
  expect(await store.list(id)).toMatchObject([{ path: 'renamed/b.py' }]);
  await call('DELETE', 'renamed/b.py');
  expect(await store.list(id)).toEqual([]);
});

test('a scan that fails or does not end leaves the save as it is', async () => {
  scan = () => Promise.reject(new Error('a rule failed'));
  const failed = await call('PUT', 'a.ipynb', notebook('1'));
  expect([failed.status, failed.headers['cellbook-findings']]).toEqual([201, 'skipped']);
  scan = () => new Promise(() => {});
  const late = await call('PUT', 'b.ipynb', notebook('1'));
  expect([late.status, late.headers['cellbook-findings']]).toEqual([201, 'pending']);
});
