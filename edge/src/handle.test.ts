import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorld, main, originOf, type World } from '../testing/world.ts';

let world: World;
let cookies: string;

beforeAll(async () => {
  world = await createWorld();
  const session = await world.signIn();
  cookies = `${session}; ${await world.enter(session)}`;
});

describe('whatever is asked', () => {
  const hosts = fc.constantFrom(
    main,
    'http://127.0.0.1:8787',
    'http://ws-x.localhost:8787',
    'http://WS-00000000000000000000.localhost:8787',
    'http://a.b.localhost:8787',
  );
  const segment = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'v1',
      'w',
      'lab',
      'open',
      'signin',
      'tokens',
      'static',
      '..',
      '%2e%2e',
      '%',
      '%ff',
      '.cellbook',
      'enter',
    ),
  );
  const paths = fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
  const value = fc.string().map((text) => text.replace(/[^\x20-\x7e]/g, ''));
  const headers = fc.dictionary(
    fc.constantFrom(
      'authorization',
      'cookie',
      'origin',
      'traceparent',
      'upgrade',
      'connection',
      'sec-fetch-site',
      'sec-fetch-mode',
      'idempotency-key',
      'content-length',
      'access-control-request-method',
    ),
    fc.oneof(
      value,
      fc.constantFrom(
        'token x',
        'Bearer ey.ey.ey',
        'Basic eDp5',
        'cellbook_session=',
        'cellbook_session=a; cellbook_session=b',
        'websocket',
        'null',
        'navigate',
      ),
    ),
  );
  const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');

  test('the answer is never a failure of ours, and says what it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        hosts,
        paths,
        methods,
        headers,
        fc.string(),
        async (host, path, method, sent, body) => {
          if (!URL.canParse(path, host)) return;
          const withBody = method !== 'GET' && method !== 'HEAD' ? { body } : {};
          const answer = await world.fetch(new URL(path, host).href, { method, headers: sent, ...withBody });
          expect(answer.status).toBeLessThan(500);
          expect(answer.headers.get('cellbook-request-id')).toMatch(/^req-/);
          expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
          if (
            answer.status >= 400 &&
            answer.headers.get('content-type')?.includes('json') &&
            method !== 'HEAD'
          ) {
            expect(await answer.json()).toMatchObject({
              code: expect.any(String),
              message: expect.any(String),
            });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the hosts', () => {
  test('health says which pins are in use, under any name', async () => {
    for (const host of [main, 'http://127.0.0.1:8787']) {
      expect(await (await world.fetch(`${host}/healthz`)).json()).toMatchObject({ ok: true, pinEpoch: 1 });
    }
  });

  test('metrics count answers by place and status, and forwarded requests by their time', async () => {
    const counted = await createWorld();
    const token = await counted.token(await counted.signIn());
    const headers = { authorization: `token ${token}` };
    await counted.fetch(`${main}/w/${counted.workspaceId}/echo`, { headers });
    await counted.publishPins(2, ['http://127.0.0.1:1'], 0);
    await counted.clock.advance(60_000);
    await counted.fetch(`${main}/w/${counted.workspaceId}/echo`, { headers });
    const text = await (await counted.fetch('http://127.0.0.1:8787/metrics')).text();
    expect(text).toContain('cellbook_edge_requests_total{host="main",area="/w",status="200"} 1');
    expect(text).toContain('cellbook_edge_requests_total{host="main",area="/w",status="503"} 1');
    expect(text).toContain('cellbook_edge_forward_seconds_count 1');
    expect(text).toContain('cellbook_edge_cell_unreachable_total 1');
    expect(text).toContain('cellbook_edge_scheduler_unreachable_total 0');
    expect(text).toContain('cellbook_edge_pin_epoch 2');
  });

  test('a page under another name leads to the public address', async () => {
    const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const answer = await world.fetch('http://127.0.0.1:8787/signin', { headers });
    expect(answer.headers.get('location')).toBe(`${main}/signin`);
    const elsewhere = await world.fetch('http://127.0.0.1:8787//evil.example/', { headers });
    expect(elsewhere.headers.get('location')).toBe(`${main}/`);
  });

  test('what is not an id is refused before a cell is asked', async () => {
    const token = await world.token(await world.signIn());
    for (const id of [
      'x',
      'ws-1',
      'WS-00000000000000000000',
      'ws-0000000000000000000u',
      '%00',
      `ws-${'0'.repeat(9_999)}`,
    ]) {
      const answer = await world.fetch(`${main}/w/${id}/api/kernels`, {
        headers: { authorization: `token ${token}` },
      });
      expect(await answer.json()).toMatchObject({ code: 'malformed_id', next: expect.any(String) });
    }
  });
});

describe('static files', () => {
  test('the console’s are the same on every host and revalidated', async () => {
    for (const origin of [main, originOf(world.workspaceId)]) {
      const first = await world.fetch(`${origin}/static/console/console.css`);
      expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-cache']);
      const etag = first.headers.get('etag') ?? '';
      await first.body?.cancel();
      const second = await world.fetch(`${origin}/static/console/console.css`, {
        headers: { 'if-none-match': etag },
      });
      expect(second.status).toBe(304);
    }
  });

  test('one that is missing is a typed 404, and the console is no page for who is not signed in', async () => {
    expect(await (await world.fetch(`${main}/static/console/nothing.js`)).json()).toMatchObject({
      code: 'not_found',
    });
    expect((await world.fetch(`${main}/`)).headers.get('location')).toBe('/signin');
  });

  test('the console’s page lets nothing run or frame it that is not its own', async () => {
    const answer = await world.fetch(`${main}/`, { headers: { cookie: cookies } });
    expect(answer.status).toBe(200);
    const policy = answer.headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "form-action 'self'",
    ])
      expect(policy).toContain(part);
    expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });
});

describe('the lab', () => {
  const page = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

  test('without a build of it, its page says so and the API works all the same', async () => {
    const answer = await world.fetch(`${originOf(world.workspaceId)}/lab`, {
      headers: { ...page, cookie: cookies },
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([501, 'text/html; charset=utf-8']);
    const api = await world.fetch(`${originOf(world.workspaceId)}/lab/api/echo`, {
      headers: { cookie: cookies },
    });
    expect((await api.json<{ url: string }>()).url).toBe(`/w/${world.workspaceId}/lab/api/echo`);
  });

  test('with a build of it, its page is made for this workspace, kept by nobody and framed by nobody else', async () => {
    const version = '4.6.3-0123456789ab';
    const [scripts, styles] = [[`/static/lab/${version}/main.js`], []];
    const requests: string[] = [];
    const assets = {
      async fetch(input: Request) {
        requests.push(new URL(input.url).pathname);
        return Response.json({ version, scripts, styles });
      },
    };
    const built = await createWorld({ CELLBOOK_LAB_VERSION: version, ASSETS: assets as Fetcher });
    const cookie = await built.enter(await built.signIn());
    const origin = originOf(built.workspaceId);
    for (const path of [
      '/lab',
      '/lab/',
      '/lab/tree/a%20b.ipynb',
      '/lab/workspaces/mine',
      '/doc/tree/a.ipynb',
    ]) {
      const answer = await built.fetch(origin + path, { headers: { ...page, cookie } });
      const text = await answer.text();
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
      expect(text).toContain(scripts[0]);
      expect(text).toContain(built.workspaceId);
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    }
    expect(requests).toEqual([`/static/lab/${version}/lab.json`]);
    const asset = await built.fetch(`${origin}${scripts[0]}`);
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });
});
