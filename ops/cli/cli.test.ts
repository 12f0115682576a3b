import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { settingsFile, writeSettings } from './settings.ts';

const home = mkdtempSync(join(tmpdir(), 'cellbook-cli-'));
const env = { PATH: process.env.PATH, HOME: home };
const main = join(import.meta.dirname, 'cellbook.mjs');
let platform: Server;
let url: string;
const away = [503, { code: 'cell_unreachable', message: 'm', reason: 'it is away' }] as const;
const reason = 'there is no such workspace';
const absent = [404, { code: 'not_found', message: 'm', reason, next: 'Look at the list.' }] as const;
const mine = `ws-${'1'.repeat(20)}`;
const known: Record<string, readonly [number, object]> = {
  '/v1/settings/idle': [200, { idleSuspendSeconds: 1_200, isChosen: true, secondsMax: 3_600 }],
  [`/v1/workspaces/${mine}`]: [200, { id: mine, name: 'mine', phase: 'running' }],
};
interface Asked {
  method?: string;
  url?: string;
  body: string;
  key?: unknown;
  authorization?: unknown;
  at?: unknown;
}
let asked: Asked[] = [];
let refusals = 0;

beforeAll(async () => {
  platform = createServer(async (request, response) => {
    const body = await text(request);
    const { method, url: path, headers } = request;
    asked.push({
      ...(method && { method }),
      ...(path && { url: path }),
      body,
      key: headers['idempotency-key'],
      authorization: headers.authorization,
      at: headers['cellbook-at'],
    });
    const [status, answer] = refusals-- > 0 ? away : (known[path ?? ''] ?? absent);
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
    response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(platform, 'listening');
  url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
});
beforeEach(() => {
  [asked, refusals] = [[], 0];
});
afterAll(() => {
  platform.close();
  rmSync(home, { recursive: true, force: true });
});

async function cellbook(words: string[], extra: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, ...words], { env: { ...env, ...extra } });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code: Number(code) };
}
const id = `ws-${'0'.repeat(20)}`;

test('a refusal is told with what to do next, and ends with code 1', async () => {
  const { out, err, code } = await cellbook(['ws', 'show', id], { CELLBOOK_URL: url, CELLBOOK_TOKEN: 't' });
  expect({ out, code }).toEqual({ out: '', code: 1 });
  expect(err).toBe(`asking /v1/workspaces/${id}: there is no such workspace\nLook at the list.\n`);
});

test('with --json a refusal is one line of JSON with its code', async () => {
  const env = { CELLBOOK_URL: url, CELLBOOK_TOKEN: 't' };
  const { err } = await cellbook(['ws', 'show', id, '--json', '--at', 'eu-1'], env);
  expect(JSON.parse(err)).toMatchObject({ code: 'not_found', next: 'Look at the list.' });
  expect(asked[0]).toMatchObject({ authorization: 'Bearer t', at: 'eu-1' });
});

test('a write is tried again under the same key while the platform says wait', async () => {
  refusals = 2;
  await cellbook(['ws', 'create', 'mine'], { CELLBOOK_URL: url, CELLBOOK_TOKEN: 't' });
  const keys = asked.map(({ key }) => key);
  expect(keys).toHaveLength(3);
  expect(keys[0]).toBeTruthy();
  expect(new Set(keys).size).toBe(1);
});

test('a time that is none does not become “never”', async () => {
  const env = { CELLBOOK_URL: url, CELLBOOK_TOKEN: 't' };
  const { err, code } = await cellbook(['ws', 'idle', id, 'soon'], env);
  expect(code).toBe(1);
  expect(err).toContain('"soon" is no number of minutes');
  expect(asked).toEqual([]);
});

test.each([
  [['idle'], 'GET', ''],
  [['idle', '30'], 'PUT', '{"idleSuspendSeconds":1800}'],
  [['idle', 'never'], 'PUT', '{"idleSuspendSeconds":null}'],
  [['idle', 'usual'], 'DELETE', ''],
])('%j asks for what it says, and tells how it is then', async (words, method, body) => {
  const { out, err, code } = await cellbook(words, { CELLBOOK_URL: url, CELLBOOK_TOKEN: 't' });
  expect(asked.at(-1)).toMatchObject({ method, url: '/v1/settings/idle', body });
  expect({ err, code }).toEqual({ err: '', code: 0 });
  expect(out).toBe(
    'Workspaces without an idle time of their own are suspended after 20 minutes unused, as you have chosen.\n' +
      'Your organisation allows at most 60 minutes.\n',
  );
});

test('one workspace goes by the usual again', async () => {
  const words = ['ws', 'idle', mine, 'usual', '--json'];
  const { code } = await cellbook(words, { CELLBOOK_URL: url, CELLBOOK_TOKEN: 't' });
  expect(code).toBe(0);
  expect(asked.at(-1)).toMatchObject({ method: 'PATCH', body: '{"idleSuspendSeconds":"usual"}' });
});

test('a key is kept for its owner alone, and never sent to another platform', async () => {
  await writeSettings(env, { url: 'http://127.0.0.1:1', token: 'secret' });
  expect(statSync(settingsFile(env)).mode & 0o777).toBe(0o600);
  const { err, code } = await cellbook(['ws', 'ls'], { CELLBOOK_URL: url });
  expect(code).toBe(1);
  expect(err).toContain('not logged in');
  expect(asked).toEqual([]);
});

test('a settings file that is not ours is refused by name', async () => {
  await writeSettings(env, { url, token: 't' });
  writeFileSync(settingsFile(env), '{"url": 1}');
  expect((await cellbook(['ws', 'ls'])).err).toContain(settingsFile(env));
  rmSync(settingsFile(env));
});

test('what is not understood ends with code 2', async () => {
  expect((await cellbook(['ws', 'frobnicate'])).code).toBe(2);
  expect((await cellbook(['run', 'a.ipynb'])).code).toBe(2);
});

test('completion offers commands, options and shells, and says nothing where nobody is logged in', async () => {
  const offered = async (...words: string[]) =>
    (await cellbook(['complete', '--', ...words])).out.trim().split('\n');
  expect(await offered('ws', 're')).toEqual(['resume', 'recover', 'restore']);
  expect(await offered('run', '--par')).toEqual(['--parameter', '--parameters-file']);
  expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await offered('ws', 'show', '')).toEqual(['']);
  for (const shell of ['bash', 'zsh', 'fish'])
    expect((await cellbook(['completion', shell])).out).toContain('cellbook complete');
});
