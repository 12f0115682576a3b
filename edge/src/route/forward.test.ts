import { env } from 'cloudflare:workers';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { importJWK, jwtVerify } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { sql } from '../../testing/regions.ts';
import { createWorld, main, originOf, type World } from '../../testing/world.ts';

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

let world: World;
let token: string;
let base: string;

beforeEach(async () => {
  world = await createWorld();
  token = await world.token(await world.signIn());
  base = `${main}/w/${world.workspaceId}`;
});

const withToken = (headers: Record<string, string> = {}) => ({
  headers: { authorization: `token ${token}`, ...headers },
});
const echo = async (answer: Response) => answer.json<Echo>();

describe('what the cell receives', () => {
  test('method, path, query and body arrive as they were sent, but for the credential', async () => {
    const answer = await world.fetch(`${base}/echo?name=a%2Fb+c&token=${token}&x=%74oken`, {
      method: 'PATCH',
      body: 'hello',
    });
    const { method, url, body } = await echo(answer);
    expect({ method, url, body }).toEqual({
      method: 'PATCH',
      url: `/w/${world.workspaceId}/echo?name=a%2Fb+c&x=%74oken`,
      body: 'hello',
    });
  });

  test('a principal for this cell alone, that a minute ends, signed by the edge', async () => {
    const { headers } = await echo(await world.fetch(`${base}/echo`, withToken()));
    const { d: _secret, ...publicKey } = world.keys.principal;
    const key = await importJWK(publicKey, 'EdDSA');
    const { payload } = await jwtVerify(headers['cellbook-principal'] ?? '', key, { audience: 'cell-a' });
    const principal = principalSchema.parse(payload);
    expect(principal).toMatchObject({ via: 'token', name: 'Ada', tier: 'free', pin: 1 });
    expect(principal.exp - principal.iat).toBe(60);
    expect(headers['cellbook-pin-epoch']).toBe('1');
  });

  test('no header that only the edge may set, and none of the client’s credentials', async () => {
    const forged = {
      'cellbook-principal': 'forged',
      'Cellbook-Request-Id': 'req-forged',
      'cellbook-anything': 'x',
      cookie: 'cellbook_session=a; other=b',
      'x-forwarded-for': '10.0.0.1',
      'x-real-ip': '10.0.0.1',
      forwarded: 'for=10.0.0.1',
      'cf-connecting-ip': '10.0.0.1',
      connection: 'x-hop',
      'x-hop': 'hop',
      'proxy-authorization': 'Basic eDp5',
      te: 'trailers',
      accept: 'application/json',
      'if-none-match': '"1"',
    };
    const { headers } = await echo(await world.fetch(`${base}/echo`, withToken(forged)));
    expect(headers).toMatchObject({ accept: 'application/json', 'if-none-match': '"1"' });
    for (const name of [
      'authorization',
      'cookie',
      'x-forwarded-for',
      'x-real-ip',
      'forwarded',
      'cellbook-anything',
      'x-hop',
      'te',
      'proxy-authorization',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
    expect(headers['cellbook-principal']).not.toBe('forged');
    expect(headers['cellbook-request-id']).toMatch(/^req-/);
    expect(headers['cellbook-request-id']).not.toBe('req-forged');
  });

  test.each([
    [
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
    ],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', /^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/],
    ['nonsense', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/],
  ])('the trace %s goes on under a span of the edge, or a new one begins', async (traceparent, expected) => {
    const { headers } = await echo(await world.fetch(`${base}/echo`, withToken({ traceparent })));
    expect(headers.traceparent).toMatch(expected);
  });

  test('on a workspace’s origin its path is under /w/{id} and the principal names the workspace', async () => {
    const cookie = await world.enter(await world.signIn());
    const answer = await world.fetch(`${originOf(world.workspaceId)}/api/echo?a=1`, { headers: { cookie } });
    const { url, headers } = await echo(answer);
    expect(url).toBe(`/w/${world.workspaceId}/api/echo?a=1`);
    const claims = JSON.parse(
      atob((headers['cellbook-principal'] ?? '').split('.')[1]?.replace(/-/g, '+').replace(/_/g, '/') ?? ''),
    );
    expect(principalSchema.parse(claims)).toMatchObject({ via: 'workspace', ws: world.workspaceId });
  });
});

describe('what the client receives', () => {
  test.each([200, 201, 204, 304, 400, 404, 409, 500])('status %i as the cell gave it', async (status) => {
    expect((await world.fetch(`${base}/status/${status}`, withToken())).status).toBe(status);
  });

  test('no cookie and no cross-origin permission of the cell’s, and a page only in a sandbox', async () => {
    const { headers } = await world.fetch(`${base}/leaky`, withToken());
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('cellbook-principal')).toBeNull();
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cellbook-request-id')).toMatch(/^req-/);
  });

  test('a policy of the cell’s own as it is on JSON, and with a sandbox around what a browser could run', async () => {
    const policyOf = async (type: string) =>
      (await world.fetch(`${base}/policy/${type}`, withToken())).headers.get('content-security-policy');
    expect(await policyOf('json')).toBe("default-src 'self'");
    expect(await policyOf('html')).toBe(
      "default-src 'self', sandbox; default-src 'none'; frame-ancestors 'none'",
    );
  });

  test('the first bytes of an answer while the cell still writes the rest', async () => {
    const answer = await world.fetch(`${base}/stream/down`, withToken());
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('first');
    await world.fetch(`${base}/release/down`, withToken());
    expect((await reader?.read())?.value).toBe('second');
    expect((await reader?.read())?.done).toBe(true);
  });

  test('an upload reaches the cell while the client still writes the rest', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answer = world.fetch(`${base}/upload/up`, { method: 'PUT', body: readable, ...withToken() });
    await writer.write(new Uint8Array(1_000));
    await world.fetch(`${base}/seen/up/1000`, withToken());
    await writer.write(new Uint8Array(234));
    await writer.close();
    expect(await (await answer).json()).toEqual({ bytes: 1_234 });
  });
});

describe('a cell that cannot be used', () => {
  async function expectUnreachable(answer: Response): Promise<void> {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({
      code: 'cell_unreachable',
      message: expect.any(String),
      reason: expect.any(String),
      next: expect.any(String),
    });
  }

  test('nobody listens: 503 with Retry-After, in the form Jupyter clients read', async () => {
    await world.publishPins(2, ['http://127.0.0.1:1'], 0);
    await expectUnreachable(await world.fetch(`${base}/api/kernels`, withToken()));
  });

  test('nobody listens for a socket either: the handshake is refused with 503', async () => {
    await world.publishPins(2, ['http://127.0.0.1:1'], 0);
    await expectUnreachable(
      await world.fetch(`${base}/api/kernels/x/channels`, withToken({ upgrade: 'websocket' })),
    );
  });

  test('no answer before the deadline: 503', async () => {
    const answer = world.fetch(`${base}/silent/deadline`, withToken());
    await world.fetch(`${base}/seen/deadline/0`, withToken());
    await world.clock.advance(99_000);
    const early = await Promise.race([answer, world.fetch(`${base}/echo`, withToken())]);
    expect(early.status).toBe(200);
    await world.clock.advance(2_000);
    await expectUnreachable(await answer);
  });

  test('no cell for the user’s region: 503', async () => {
    await world.publishPins(2, env.UPSTREAMS, 7);
    await expectUnreachable(await world.fetch(`${base}/echo`, withToken()));
  });
});

describe('a user who has moved to another cell', () => {
  test('the pins are read again and a request without a body is sent on', async () => {
    await world.fetch(`${base}/echo`, withToken());
    await world.publishPins(2, env.UPSTREAMS, 1);
    const { headers } = await echo(await world.fetch(`${base}/moved`, withToken()));
    expect(headers['cellbook-pin-epoch']).toBe('2');
  });

  test('is found by the directory where KV still has the pins of before', async () => {
    await world.fetch(`${base}/echo`, withToken());
    const before = (await env.PINS.get('pins')) ?? '';
    await world.publishPins(2, env.UPSTREAMS, 1);
    await sql('INSERT OR REPLACE INTO pins VALUES (2, ?, 0)', await env.PINS.get('pins'));
    await env.PINS.put('pins', before);
    const { headers } = await echo(await world.fetch(`${base}/moved`, withToken()));
    expect(headers['cellbook-pin-epoch']).toBe('2');
    await sql('DELETE FROM pins');
  });

  test.each(['HEAD', 'DELETE'])('%s has no body and is sent on as well', async (method) => {
    await world.fetch(`${base}/echo`, withToken());
    await world.publishPins(2, env.UPSTREAMS, 1);
    expect((await world.fetch(`${base}/moved`, { method, ...withToken() })).status).toBe(200);
  });

  test('one with a body is sent back to its client, which sends it anew', async () => {
    await world.fetch(`${base}/echo`, withToken());
    await world.publishPins(2, env.UPSTREAMS, 1);
    const address = `${base}/moved?a=1`;
    const first = await world.fetch(address, { method: 'PUT', body: 'notebook', ...withToken() });
    expect([first.status, new URL(first.headers.get('location') ?? '', main).href]).toEqual([307, address]);
    expect(first.headers.get('location')).toMatch(/^\/w\//);
    const second = await world.fetch(address, { method: 'PUT', body: 'notebook', ...withToken() });
    expect((await echo(second)).body).toBe('notebook');
  });

  test('where the pins still name the cell that refuses, the answer is 503 and never a loop', async () => {
    for (const init of [withToken(), { method: 'PUT', body: 'x', ...withToken() }]) {
      const answer = await world.fetch(`${base}/moved`, init);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    }
  });
});
