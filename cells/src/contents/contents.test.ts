import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RequestAudit } from '../audit/note-audit.ts';
import { startTestHost, type TestHost } from '../storage/test-volumes.ts';
import { actAs } from '../testing/act-as.ts';
import type { ContentsEvent } from './contents-deps.ts';
import { registerContentsRoutes } from './register-contents-routes.ts';

const { signal } = new AbortController();
let host: TestHost;
let app: FastifyInstance;
let id: WorkspaceId;
let events: ContentsEvent[];
/** What the last request has noted for the audit log. */
let noted: RequestAudit;

beforeAll(async () => {
  host = await startTestHost();
  app = Fastify();
  actAs(app);
  app.addHook('onRequest', async (request) => {
    noted = { admitted: true, deed: null, ended: false, note: {} };
    request.audit = noted;
  });
  registerContentsRoutes(app, {
    volumes: host.volumes,
    random: systemRandom,
    log: silentLogger,
    onEvent: (_workspaceId, event) => void events.push(event),
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await host.close();
});
beforeEach(async () => {
  events = [];
  id = newWorkspaceId(systemRandom);
  await host.volumes.create(id);
});

type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

async function call(method: Method, path: string, body?: unknown, headers: InjectOptions['headers'] = {}) {
  const payload =
    body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) };
  const answer = await app.inject({ method, url: `/w/${id}/${path}`, headers, ...payload });
  const isJson = answer.headers['content-type']?.toString().startsWith('application/json') ?? false;
  const model = isJson && answer.body !== '' ? answer.json() : null;
  return { status: answer.statusCode, headers: answer.headers, body: answer.body, model };
}
const contents = (method: Method, path: string, body?: unknown) => call(method, `api/contents/${path}`, body);
const textFile = (content: string) => ({ type: 'file', format: 'text', content });
const attach = async () => (await host.volumes.attach(id, 1, signal)).directory;
async function suspend(): Promise<void> {
  await host.volumes.flush(id, 1, signal);
  await host.volumes.detach(id, 1);
}

describe('a client of the contents API', () => {
  test('sees the same metadata and content before a suspend, suspended, and resumed', async () => {
    await attach();
    await contents('PUT', 'a.txt', textFile('x'));
    await contents('PUT', 'n.ipynb', { type: 'notebook' });
    await contents('POST', 'n.ipynb/checkpoints');
    const look = async () => [
      (await contents('GET', 'a.txt?hash=1')).model,
      (await contents('GET', 'n.ipynb?hash=1')).model,
      (await contents('GET', '')).model,
      (await contents('GET', 'n.ipynb/checkpoints')).model,
    ];
    const before = await look();
    await suspend();
    expect(await look()).toEqual(before);
    await host.volumes.attach(id, 2, signal);
    expect(await look()).toEqual(before);
    expect(before[0]).toMatchObject({
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/),
      ...{ size: 1, format: 'text', mimetype: 'text/plain', hash_algorithm: 'sha256', writable: true },
      hash: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
    });
  });

  test('gets 201 with a Location for what is new and 200 for what is replaced', async () => {
    const path = 'f%C3%B6%20%28x%29.txt';
    const made = await contents('PUT', path, textFile('1'));
    expect([made.status, made.headers.location]).toEqual([201, `/w/${id}/api/contents/${path}`]);
    expect((await contents('PUT', path, textFile('2'))).status).toBe(200);
    expect(made.headers['last-modified']).toMatch(/GMT$/);
    expect(events.map(({ action }) => action)).toEqual(['save', 'save']);
  });

  test('gets the names of jupyter_server for untitled files and copies, and never one twice', async () => {
    const post = async (body?: unknown) => (await contents('POST', '', body)).model.name;
    const made = await Promise.all([post({ ext: '.txt' }), post({ ext: '.txt' }), post({ ext: '.txt' })]);
    expect(made.sort()).toEqual(['untitled.txt', 'untitled1.txt', 'untitled2.txt']);
    expect([await post({ type: 'notebook' }), await post({ ext: '.ipynb' })]).toEqual([
      'Untitled.ipynb',
      'Untitled1.ipynb',
    ]);
    expect([await post({ type: 'directory' }), await post({ type: 'directory' }), await post()]).toEqual([
      'Untitled Folder',
      'Untitled Folder 1',
      'untitled',
    ]);
    await contents('PUT', 'a.tar.gz', textFile('x'));
    expect([await post({ copy_from: 'a.tar.gz' }), await post({ copy_from: 'a-Copy1.tar.gz' })]).toEqual([
      'a-Copy1.tar.gz',
      'a-Copy2.tar.gz',
    ]);
  });

  test('has a notebook written as nbformat writes it, and gets numbers back as they were', async () => {
    const directory = await attach();
    const odd = '{"a":1.0,"b":12345678901234567890,"c":1e400,"d":-0,"e":0.1}';
    const cell = `{"cell_type":"code","id":"x","metadata":{},"source":"a\\nb","outputs":[],"execution_count":null}`;
    const body = `{"type":"notebook","content":{"nbformat":4,"nbformat_minor":5,"metadata":{"odd":${odd}},"cells":[${cell}]}}`;
    await contents('PUT', 'n.ipynb', body);
    const { body: file } = await call('GET', 'files/n.ipynb');
    expect(file).toBe(`{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "x",
   "metadata": {},
   "outputs": [],
   "source": [
    "a\\n",
    "b"
   ]
  }
 ],
 "metadata": {
  "odd": {
   "a": 1.0,
   "b": 12345678901234567890,
   "c": 1e400,
   "d": -0,
   "e": 0.1
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
`);
    const { body: model } = await contents('GET', 'n.ipynb');
    expect(model).toContain(`"odd":${odd}`);
    expect(directory).toContain(id);
  });

  test('opens a notebook of format 3 as format 4, and is told what is wrong with an invalid one', async () => {
    const v3 = {
      ...{ nbformat: 3, nbformat_minor: 0, metadata: { name: 'old' } },
      worksheets: [
        {
          cells: [
            { cell_type: 'heading', level: 2, source: ['Title'], metadata: {} },
            {
              ...{ cell_type: 'code', input: ['1+1'], prompt_number: 7, collapsed: false, metadata: {} },
              outputs: [{ output_type: 'pyout', prompt_number: 7, text: ['2'], metadata: {} }],
            },
          ],
        },
      ],
    };
    await contents('PUT', 'old.ipynb', textFile(JSON.stringify(v3)));
    const { model } = await contents('GET', 'old.ipynb');
    expect(model.content).toMatchObject({
      nbformat: 4,
      cells: [
        { cell_type: 'markdown', source: '## Title' },
        {
          ...{ cell_type: 'code', source: '1+1', execution_count: 7 },
          outputs: [{ output_type: 'execute_result', data: { 'text/plain': '2' }, execution_count: 7 }],
        },
      ],
    });
    expect(model.message).toBeUndefined();
    const invalid = {
      nbformat: 4,
      nbformat_minor: 4,
      metadata: {},
      cells: [{ cell_type: 'code', metadata: {} }],
    };
    const saved = await contents('PUT', 'bad.ipynb', { type: 'notebook', content: invalid });
    expect(saved.model.message).toContain(
      "Notebook validation failed: notebook.cells[0] 'source' is a required",
    );
    expect((await contents('GET', 'bad.ipynb')).model.message).toContain('Notebook validation failed');
  });

  test('finds a notebook trusted that was saved trusted, and any other not until it says so', async () => {
    const cell = (trusted: boolean) => ({
      ...{ cell_type: 'code', id: 'x', metadata: { trusted }, source: '1', execution_count: 1 },
      outputs: [{ output_type: 'display_data', metadata: {}, data: { 'text/html': '<b>1</b>' } }],
    });
    const notebook = (trusted: boolean) => ({
      type: 'notebook',
      content: { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell(trusted)] },
    });
    const trusted = async (path: string) =>
      (await contents('GET', path)).model.content.cells[0].metadata.trusted;
    await contents('PUT', 'mine.ipynb', notebook(true));
    await contents('PUT', 'theirs.ipynb', notebook(false));
    expect([await trusted('mine.ipynb'), await trusted('theirs.ipynb')]).toEqual([true, false]);
    expect((await contents('POST', 'theirs.ipynb/trust')).status).toBe(201);
    await contents('PATCH', 'theirs.ipynb', { path: 'moved.ipynb' });
    await host.volumes.attach(id, 1, signal);
    expect(await trusted('moved.ipynb')).toBe(true);
    await contents('PUT', 'moved.ipynb', notebook(false));
    expect(await trusted('moved.ipynb')).toBe(true);
    const changed = JSON.stringify(notebook(false)).replace('<b>', '<script>');
    await contents('PUT', 'moved.ipynb', changed);
    expect(await trusted('moved.ipynb')).toBe(false);
  });

  test('goes back to a checkpoint, also one that was made before a suspend', async () => {
    await attach();
    await contents('PUT', 'a.txt', textFile('one'));
    const made = await contents('POST', 'a.txt/checkpoints');
    expect(noted.note.what).toBe('content.checkpoint');
    expect([made.status, Object.keys(made.model).sort()]).toEqual([201, ['id', 'last_modified']]);
    await contents('PUT', 'a.txt', textFile('two'));
    await suspend();
    expect((await contents('GET', 'a.txt/checkpoints')).model).toEqual([made.model]);
    expect((await contents('POST', 'a.txt/checkpoints/checkpoint')).status).toBe(204);
    expect(noted.note.what).toBe('content.restore');
    expect((await contents('GET', 'a.txt')).model.content).toBe('one');
    expect((await contents('DELETE', 'a.txt/checkpoints/checkpoint')).status).toBe(204);
    expect((await contents('DELETE', 'a.txt/checkpoints/checkpoint')).status).toBe(404);
    expect((await contents('POST', 'a.txt/checkpoints/none')).status).toBe(404);
    expect((await contents('POST', 'none.txt/checkpoints')).status).toBe(404);
  });

  test('uploads in chunks; the file is there when the last one is', async () => {
    const send = (chunk: number, text: string) =>
      contents('PUT', 'up.bin', { type: 'file', format: 'base64', chunk, content: btoa(text) });
    expect((await send(1, 'one ')).status).toBe(201);
    expect((await send(2, 'two ')).model).toMatchObject({ path: 'up.bin', size: 8 });
    expect((await contents('GET', 'up.bin')).status).toBe(404);
    expect((await send(-1, 'end')).model).toMatchObject({ path: 'up.bin', size: 11 });
    expect((await call('GET', 'files/up.bin')).body).toBe('one two end');
    expect((await send(-1, 'again')).status).toBe(400);
    expect((await send(0, 'zero')).status).toBe(400);
  });

  test('cannot reach what is hidden', async () => {
    const directory = await attach();
    await writeFile(join(directory, '.secret'), 'x');
    expect((await contents('GET', '.secret')).status).toBe(404);
    expect((await call('GET', 'files/.secret')).status).toBe(404);
    expect((await contents('GET', '')).model.content).toEqual([]);
    for (const method of ['PUT', 'DELETE'] as const)
      expect((await contents(method, '.secret', textFile('y'))).status).toBe(400);
    expect((await contents('PATCH', '.secret', { path: 'seen' })).status).toBe(400);
    expect((await contents('POST', '', { copy_from: '.secret' })).status).toBe(400);
  });
});

describe('files and views', () => {
  test('are streamed with their type, sandboxed, in ranges and as downloads', async () => {
    await contents('PUT', 'page.html', textFile('<b>0123456789</b>'));
    const whole = await call('GET', 'files/page.html');
    expect(whole.headers).toMatchObject({
      ...{ 'content-type': 'text/html', 'content-length': '17', 'accept-ranges': 'bytes' },
      ...{
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining('sandbox'),
      },
    });
    const part = await call('GET', 'files/page.html', undefined, { range: 'bytes=3-5' });
    expect([part.status, part.body, part.headers['content-range']]).toEqual([206, '012', 'bytes 3-5/17']);
    expect((await call('GET', 'files/page.html', undefined, { range: 'bytes=99-' })).status).toBe(416);
    const since = { 'if-modified-since': String(whole.headers['last-modified']) };
    expect((await call('GET', 'files/page.html', undefined, since)).status).toBe(304);
    const download = await call('GET', 'files/page.html?download=1');
    expect(download.headers['content-disposition']).toBe("attachment; filename*=utf-8''page.html");
    const head = await call('HEAD', 'files/page.html');
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '17']);
  });

  test('a view frames the file, with any name, and nothing of the name is markup', async () => {
    const name = encodeURIComponent(`"><script>alert(1)</script>'.html`.replace('/', ''));
    await contents('PUT', name, textFile('x'));
    const { status, body } = await call('GET', `view/${name}`);
    expect(status).toBe(200);
    expect(body).not.toContain('<script>');
    expect(body).toContain(`src="/w/${id}/files/%22%3E%3Cscript%3E`);
    expect((await call('GET', 'view/none.html')).status).toBe(404);
  });

  test('resolvePath finds a path however it is written, and nothing outside', async () => {
    await contents('PUT', 'a.py', textFile('x'));
    const resolve = async (path: string) =>
      (await call('GET', `api/resolvePath?path=${encodeURIComponent(path)}`)).model.resolved;
    const found = [{ scope: 'server', path: 'a.py' }];
    for (const path of ['a.py', '/home/user/a.py', '~/a.py', '~/x/../a.py'])
      expect(await resolve(path)).toEqual(found);
    for (const path of ['../a.py', '/home/user/../a.py', '~/../a.py', '/etc/passwd', 'none', 'a\0b'])
      expect(await resolve(path)).toEqual([]);
    expect((await call('GET', 'api/resolvePath')).status).toBe(400);
  });
});

describe('bad input', () => {
  test.each([
    ['PUT', 'a.txt', '{"type":', 'malformed_json'],
    ['PUT', 'a.txt', '[]', 'bad_request'],
    ['PUT', 'a.txt', { type: 7 }, 'bad_request'],
    ['PUT', 'a.txt', { type: 'file', content: 'x' }, 'bad_request'],
    ['PUT', 'a.txt', { type: 'file', content: 'x', format: 'rot13' }, 'bad_request'],
    ['PUT', 'a.txt', { type: 'file', content: { a: 1 }, format: 'text' }, 'bad_request'],
    ['PUT', 'a.txt', { type: 'file', content: '%%%%', format: 'base64' }, 'bad_request'],
    ['PUT', 'a.txt', '{"type":"file","format":"text","content":"\\ud800"}', 'bad_request'],
    ['PUT', 'a.ipynb', { type: 'notebook', content: 'x' }, 'malformed_notebook'],
    ['PUT', 'a.ipynb', { type: 'notebook', content: [] }, 'malformed_notebook'],
    ['PUT', 'none/a.txt', { type: 'file', content: 'x', format: 'text' }, 'not_found'],
    ['PUT', '..%2Fa.txt', { type: 'file', content: 'x', format: 'text' }, 'path_refused'],
    ['PUT', 'a%00b', { type: 'file', content: 'x', format: 'text' }, 'path_refused'],
    ['PUT', 'x'.repeat(256), { type: 'file', content: 'x', format: 'text' }, 'path_refused'],
    ['PUT', 'x/'.repeat(3_000), { type: 'directory' }, 'path_refused'],
    ['PUT', '.cellbook-incoming-x', { type: 'file', content: 'x', format: 'text' }, 'path_refused'],
    ['PATCH', 'a.txt', { path: '../b.txt' }, 'path_refused'],
    ['PATCH', 'a.txt', { path: 'a/\0' }, 'path_refused'],
    ['PATCH', 'none.txt', { path: 'b.txt' }, 'not_found'],
    ['PATCH', 'none.txt', undefined, 'bad_request'],
    ['DELETE', '', undefined, 'bad_request'],
    ['DELETE', 'none', undefined, 'not_found'],
    ['POST', 'none', {}, 'not_found'],
    ['POST', '', { ext: '/../../x' }, 'bad_request'],
    ['POST', '', { copy_from: 'none' }, 'not_found'],
    ['POST', '', { copy_from: '../../etc/passwd' }, 'path_refused'],
    ['GET', '?content=2', undefined, 'bad_request'],
    ['GET', '?format=xml', undefined, 'bad_request'],
  ] as const)('%s %s with %j is refused with a typed error: %s', async (method, path, body, code) => {
    for (const state of ['stored', 'live']) {
      if (state === 'live') await attach();
      const { status, model } = await contents(method, path, body);
      expect(model).toMatchObject({ code, message: expect.any(String), reason: expect.any(String) });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
  });

  test('a file that is no notebook is told so when it is opened as one, and is kept', async () => {
    for (const text of ['not json', '[]', '{"nbformat":2}', '{"nbformat":9,"cells":[]}', '{}', '\ufeff{']) {
      await contents('PUT', 'a.ipynb', textFile(text));
      const { status, model } = await contents('GET', 'a.ipynb');
      expect([status, model.code]).toEqual([400, 'malformed_notebook']);
      expect((await contents('GET', 'a.ipynb?type=file')).model.content).toBe(text);
    }
  });

  test('a body above the limit is 413 and changes nothing', async () => {
    await contents('PUT', 'a.txt', textFile('before'));
    const headers = { 'content-length': String(200 * 1024 * 1024) };
    const { status } = await call('PUT', 'api/contents/a.txt', '{}', headers);
    expect(status).toBe(413);
    expect((await contents('GET', 'a.txt')).model.content).toBe('before');
  });

  test('a workspace that is not there is 410, and no id at all is 400', async () => {
    const gone = await app.inject({ url: `/w/${newWorkspaceId(systemRandom)}/api/contents` });
    expect(gone.statusCode).toBe(410);
    expect((await app.inject({ url: '/w/nobody/api/contents' })).statusCode).toBe(400);
  });

  test('a link out of the workspace is refused for reading, writing, files and views', async () => {
    const directory = await attach();
    await symlink('/etc/passwd', join(directory, 'far'));
    await symlink('/etc', join(directory, 'etc'));
    for (const path of ['far', 'etc/passwd']) {
      expect((await contents('GET', path)).status).toBe(400);
      expect((await call('GET', `files/${path}`)).status).toBe(400);
      expect((await contents('PUT', path, textFile('x'))).status).toBe(400);
    }
    expect((await contents('DELETE', 'far')).status).toBe(204);
  });

  test('no path, method or body is ever answered with a 500', async () => {
    await contents('PUT', 'a.txt', textFile('x'));
    const piece = fc.oneof(
      fc.constantFrom(
        'a.txt',
        '..',
        '.',
        '%2e%2e',
        '%00',
        '%2F',
        '%',
        '%zz',
        '%FF',
        'checkpoints',
        'trust',
        ' ',
        '~',
      ),
      fc.string({ maxLength: 20 }).map(encodeURIComponent),
      fc
        .uint8Array({ maxLength: 6 })
        .map((raw) => Array.from(raw, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
    );
    const path = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('/'));
    const base = fc.constantFrom('api/contents/', 'files/', 'view/', 'api/resolvePath?path=');
    const method = fc.constantFrom<Method>('GET', 'PUT', 'POST', 'PATCH', 'DELETE');
    const body = fc.oneof(
      fc.constant(undefined),
      fc.json(),
      fc.record(
        {
          type: fc.string(),
          content: fc.jsonValue(),
          format: fc.string(),
          chunk: fc.integer(),
          path: fc.string(),
        },
        { requiredKeys: [] },
      ),
      fc.record({ copy_from: fc.string(), ext: fc.string() }, { requiredKeys: [] }),
    );
    await fc.assert(
      fc.asyncProperty(method, base, path, body, async (how, where, what, given) => {
        const { status } = await call(how, where + what, given);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 600 },
    );
  });
});
