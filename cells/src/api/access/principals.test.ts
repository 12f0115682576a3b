import { newUserId } from '@cellbook/shared/ids.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api?.stop());

const withToken = (token: string) =>
  api.call('GET', '/v1/workspaces', { headers: { [principalHeader]: token } });
const nowSeconds = () => Math.floor(Date.now() / 1000);

describe('a principal', () => {
  it('is refused when it is absent, garbage, or signed by somebody else', async () => {
    const stranger = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const payload = {
      iss: 'cellbook-edge',
      aud: 'test-1',
      sub: newUserId(systemRandom),
      exp: nowSeconds() + 60,
    };
    const forged = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
      .sign(stranger.privateKey);
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(payload))}.`;
    for (const token of ['', 'x', 'a.b.c', forged, unsigned, `${forged}x`]) {
      const refused = await withToken(token);
      expect(refused, token).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    }
    const absent = await fetch(`${api.url}/v1/workspaces`);
    expect(absent.status).toBe(401);
  });

  it.each([
    ['expired', { exp: nowSeconds() - 60, iat: nowSeconds() - 120 }, 401, 'token_expired'],
    ['from another issuer', { iss: 'somebody' }, 401, 'unauthenticated'],
    ['without a user', { sub: undefined }, 401, 'unauthenticated'],
    ['of a malformed user', { sub: 'root' }, 401, 'unauthenticated'],
    ['of an unknown tier', { tier: 'gold' }, 401, 'unauthenticated'],
    ['for another cell', { aud: 'other-1' }, 421, 'misdirected'],
  ])('that is %s is refused', async (_what, claims, status, code) => {
    const refused = await api.call('GET', '/v1/workspaces', { claims });
    expect(refused).toMatchObject({ status, body: { code } });
  });

  it('is judged before a body is read: one for another cell gets 421 whatever is sent with it', async () => {
    const refused = await api.call('POST', '/v1/workspaces', {
      text: '{"broken',
      claims: { aud: 'other-1' },
    });
    expect(refused.status).toBe(421);
  });

  it('is not needed for health, metrics and the description, which tell of no user', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/v1/openapi.json']) {
      const answer = await fetch(`${api.url}${path}`);
      expect(answer.status, path).toBe(200);
      expect(await answer.text()).not.toMatch(/user-[0-9a-z]{20}/);
    }
  });

  it('gets a typed answer where there is nothing', async () => {
    expect(await api.call('GET', '/v1/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const badUrl = await api.call('GET', '/v1/workspaces/%E0%A4%A');
    expect(badUrl.status).toBe(400);
    expect(badUrl.body.code).toBeTruthy();
  });

  it('sees the request id it sent, and one is made where it is no id', async () => {
    const id = `req-${'0'.repeat(20)}`;
    const kept = await api.call('GET', '/v1/workspaces', { headers: { 'cellbook-request-id': id } });
    expect(kept.headers.get('cellbook-request-id')).toBe(id);
    const made = await api.call('GET', '/v1/workspaces', {
      headers: { 'cellbook-request-id': 'evil\u00e9' },
    });
    expect(made.headers.get('cellbook-request-id')).toMatch(/^req-[0-9a-z]{20}$/);
  });
});
