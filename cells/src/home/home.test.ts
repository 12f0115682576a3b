/** The cell's real server on a real Postgres, asked as the edge and as a publisher ask it. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, newUserId, regionIdSchema, type UserId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { layoutDocument, overridden, shareOut, signPins } from '@cellbook/shared/pins/build.ts';
import { principalHeader, principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../api/testing/api-server.ts';
import type { TestDatabase } from '../db/test-database.ts';
import { testCellId } from '../testing/test-edge.ts';
import { type Home, openHome } from './home.ts';
import { createMemoryHomeStore } from './memory-home-store.ts';
import { createPostgresHomeStore } from './postgres-home-store.ts';

const region = regionIdSchema.parse('test');
const [here, there] = [cellIdSchema.parse(testCellId), cellIdSchema.parse('test-2')];
const cells = [here, there].map((id) => ({ id, region, url: `http://${id}.test` }));
let api: ApiServer;
let home: Home;
let key: JWK;
let publicKey: CryptoKey;

const open = (database: TestDatabase) =>
  openHome({
    ...{ cell: { cellId: here, regionId: region }, clock: systemClock, log: silentLogger, publicKey },
    store: createPostgresHomeStore(database.database, region),
  });

beforeEach(async () => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  [key, publicKey] = [{ ...(await exportJWK(pair.privateKey)), kid: 'pins' }, pair.publicKey];
  api = await startApiServer({
    home: async (database) => {
      home = await open(database);
      return home;
    },
  });
});
afterEach(() => api.stop());

/** Pins by which these users live at this cell or the other. */
const sign = (epoch: number, users: Record<string, UserId[]>, by = key) => {
  let layout = shareOut(cells);
  for (const [cell, ids] of Object.entries(users)) layout = overridden(layout, ids, cellIdSchema.parse(cell));
  return signPins({ epoch, ...layoutDocument(layout) }, by);
};
async function deliver(jws: string, path = '/pins', method = 'PUT') {
  const headers = { 'content-type': 'application/jose' };
  const answer = await fetch(`${api.url}${path}`, { method, headers, body: jws });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}
const list = (sub: UserId, pin: number) => api.call('GET', '/v1/workspaces', { claims: { sub, pin } });

describe('whose requests are served', () => {
  it('before pins are delivered: everybody’s', async () => {
    const answer = await list(newUserId(systemRandom), 1);
    expect([answer.status, answer.headers.get('cellbook-pin-epoch')]).toEqual([200, null]);
  });

  it('with pins: those of whom they name this cell; others get 421 with the epoch', async () => {
    const [mine, theirs] = [newUserId(systemRandom), newUserId(systemRandom)];
    expect((await deliver(await sign(3, { [here]: [mine], [there]: [theirs] }))).body).toEqual({ epoch: 3 });
    expect((await list(mine, 2)).status).toBe(200);
    for (const pin of [2, 3]) {
      const refused = await list(theirs, pin);
      expect(refused).toMatchObject({ status: 421, body: { code: 'misdirected', ids: { owner: there } } });
      expect(refused.headers.get('cellbook-pin-epoch')).toBe('3');
    }
    expect((await list(theirs, 4)).status).toBe(200);
  });

  it('421 comes before the body is read', async () => {
    const theirs = newUserId(systemRandom);
    await deliver(await sign(1, { [there]: [theirs] }));
    const sent = httpRequest(`${api.url}/v1/workspaces`, {
      method: 'POST',
      headers: {
        [principalHeader]: await api.edge.sign({ sub: theirs }),
        'content-type': 'application/json',
        'content-length': '1000',
      },
    });
    sent.on('error', () => {});
    sent.write('{"name":');
    const [answer] = await once(sent, 'response');
    expect([answer.statusCode, answer.headers['cellbook-pin-epoch']]).toEqual([421, '1']);
    sent.destroy();
  });

  it('421 comes instead of a socket', async () => {
    const theirs = newUserId(systemRandom);
    await deliver(await sign(1, { [there]: [theirs] }));
    const sent = httpRequest(`${api.url}/v1/events`, {
      headers: {
        [principalHeader]: await api.edge.sign({ sub: theirs }),
        ...{ connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
        'sec-websocket-key': btoa('0123456789abcdef'),
      },
    });
    sent.end();
    const [answer] = await once(sent, 'response');
    expect(answer.statusCode).toBe(421);
    answer.resume();
  });
});

it('somebody new is told to come again while Postgres is away; who is known is not', async () => {
  let isDown = false;
  const failing = createMemoryHomeStore();
  const refusing = await openHome({
    ...{ cell: { cellId: here, regionId: region }, clock: systemClock, log: silentLogger, publicKey },
    store: { ...failing, settle: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve()) },
  });
  const of = async (sub: UserId) => principalSchema.parse(decodeJwt(await api.edge.sign({ sub })));
  const known = await of(newUserId(systemRandom));
  await refusing.check(known);
  isDown = true;
  await refusing.check(known);
  const refused = refusing.check(await of(newUserId(systemRandom)));
  await expect(refused).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
});

describe('pins that are delivered', () => {
  it('outlive the process', async () => {
    await deliver(await sign(3, {}));
    expect((await open(api.database)).epoch()).toBe(3);
  });

  it('signed by another key, or by none, are refused and change nothing', async () => {
    await deliver(await sign(3, {}));
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    for (const jws of [await sign(4, {}, await exportJWK(privateKey)), 'nonsense', '']) {
      const refused = await deliver(jws);
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.headers.get('cellbook-pin-epoch')).toBe('3');
    }
  });

  it('of an older epoch are refused, the same again are not, others of the same epoch are', async () => {
    const jws = await sign(3, {});
    for (let time = 0; time < 2; time++) expect((await deliver(jws)).status).toBe(200);
    expect(await deliver(await sign(2, {}))).toMatchObject({ status: 409, body: { code: 'stale_epoch' } });
    const other = await sign(3, { [there]: [newUserId(systemRandom)] });
    expect(await deliver(other)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(home.epoch()).toBe(3);
  });

  it('that would send somebody away who lives here are refused, and previewed by name', async () => {
    const [ada, eve] = [newUserId(systemRandom), newUserId(systemRandom)];
    await deliver(await sign(1, { [here]: [ada, eve] }));
    for (const user of [ada, eve]) await list(user, 1);
    const away = await sign(2, { [here]: [eve], [there]: [ada] });
    const preview = await deliver(away, '/pins/preview', 'POST');
    expect(preview).toMatchObject({
      status: 200,
      body: { epoch: 1, leaving: 1, users: [{ userId: ada, region }] },
    });
    expect(await deliver(away)).toMatchObject({
      status: 400,
      body: { code: 'not_empty', ids: { users: 1 } },
    });
    expect((await list(ada, 1)).status).toBe(200);
    expect((await deliver(await sign(2, { [here]: [ada, eve] }))).status).toBe(200);
  });

  it('a user whom an admin only visits does not live here', async () => {
    const admin = newUserId(systemRandom);
    await deliver(await sign(1, { [there]: [admin] }));
    const answer = await api.call('GET', '/v1/workspaces', { claims: { sub: admin, at: { cell: here } } });
    expect(answer.status).toBe(200);
    expect((await deliver(await sign(2, { [there]: [admin] }))).status).toBe(200);
  });

  it('and makes nothing where he only visits: it would be found nowhere again', async () => {
    for (const at of [{ cell: here }, { user: newUserId(systemRandom), region }]) {
      const claims = { sub: newUserId(systemRandom), at };
      const answer = await api.call('POST', '/v1/workspaces', { body: { name: 'stray' }, claims });
      expect([answer.status, answer.body]).toMatchObject([403, { code: 'forbidden' }]);
    }
  });

  it('larger than the limit are refused', async () => {
    expect((await deliver('x'.repeat(3 * 1024 * 1024))).status).toBe(413);
  });
});
