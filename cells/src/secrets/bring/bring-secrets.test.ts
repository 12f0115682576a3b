/** Two cells with master keys of their own, on two Postgres databases, and an edge between them that only carries. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import {
  type CellId,
  cellIdSchema,
  newOrgId,
  newUserId,
  type OrgId,
  regionIdSchema,
} from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { type Cell, cellSchema } from '@cellbook/shared/pins/pins.ts';
import {
  sealToSchema,
  secretsBroughtType,
  secretsOrderType,
  secretsTakenType,
} from '@cellbook/shared/protocol/secret-sets-api.ts';
import { claimedSender, signStatement, statementMediaType } from '@cellbook/shared/protocol/statements.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { type FastifyInstance, fastify } from 'fastify';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import { createEdgeClient } from '../../edge/edge-client.ts';
import { eventually } from '../../testing/eventually.ts';
import { makeMasterKeys } from '../master-keys.ts';
import { createPostgresSecretStore } from '../postgres-secret-store.ts';
import type { SecretStore } from '../secret-store.ts';
import { Secrets } from '../secrets.ts';
import { BringSecrets } from './bring-secrets.ts';
import { registerSealSecrets } from './seal-route.ts';
import { sealSet } from './sealed-set.ts';

const region = regionIdSchema.parse('eu');
const value = 'a value that nobody on the way reads';

interface TestCell {
  id: CellId;
  key: JWK;
  named: Cell;
  app: FastifyInstance;
  database: TestDatabase;
  store: SecretStore;
  secrets: Secrets;
  /** As a process that has just been started. */
  restart(): Secrets;
}

let directory: string;
let edgeKey: JWK;
let edge: FastifyInstance;
const cells = new Map<CellId, TestCell>();
/** Everything that has passed the edge. */
let passed: string[] = [];
/** Of `org`. */
let holders: CellId[] = [];
/** What the edge does to what it carries. */
let tamper: (sealed: string, by: TestCell) => Promise<string>;
let org: OrgId;

const edKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return exportJWK(privateKey);
};
const cell = (name: string): TestCell => cells.get(cellIdSchema.parse(name)) ?? expect.fail(`no ${name}`);

/** An edge that knows who has them, carries what it is given, and reads all of it. */
async function startEdge(): Promise<string> {
  edge = fastify();
  const options = { parseAs: 'string' } as const;
  edge.addContentTypeParser(statementMediaType, options, (_request, body, done) => done(null, body));
  const answer = async (to: string, typ: string, body: object) =>
    signStatement(typ, { ...body, from: 'edge', to, iat: systemClock.nowMs() }, edgeKey);
  const said = (jws: string) => z.looseObject({ org: z.string() }).parse(payloadOf(jws));
  edge.post('/cells/secrets', async ({ body }) => {
    const jws = String(body);
    passed.push(jws);
    const from = claimedSender(jws) ?? '';
    const { org: of } = said(jws);
    const holder = holders.includes(cellIdSchema.parse(from))
      ? undefined
      : cells.get(holders[0] ?? cellIdSchema.parse('none'));
    const sealed = holder
      ? { by: holder.id, text: await tamper(await sealedBy(holder, from, of, jws), holder) }
      : null;
    if (sealed) passed.push(sealed.text);
    return answer(from, secretsBroughtType, { org: of, sealed });
  });
  edge.post('/cells/secrets/held', async ({ body }) => {
    const from = cellIdSchema.parse(claimedSender(String(body)));
    // A cell says it after it has answered: of the organisation of the test before it may be heard only now.
    if (said(String(body)).org === org) holders.push(from);
    return answer(from, secretsTakenType, said(String(body)));
  });
  return edge.listen({ host: '127.0.0.1', port: 0 });
}

async function sealedBy(holder: TestCell, wantedBy: string, of: string, wanted: string): Promise<string> {
  const order = { org: of, wantedBy, wanted, from: 'edge', to: holder.id, iat: systemClock.nowMs() };
  const payload = await signStatement(secretsOrderType, order, edgeKey);
  const headers = { 'content-type': statementMediaType };
  const answer = await holder.app.inject({ method: 'POST', url: '/secrets/seal', headers, payload });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.body;
}

const payloadOf = (jws: string): unknown =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString());

const envelopeOf = (jws: string) =>
  z.looseObject({ from: z.string(), to: z.string(), iat: z.int() }).parse(payloadOf(jws));

async function startCell(name: string, edgeUrl: string): Promise<void> {
  const id = cellIdSchema.parse(name);
  const key = await edKey();
  const keysFile = join(directory, `${name}.jwks.json`);
  await makeMasterKeys(keysFile, systemRandom);
  const database = await createTestDatabase();
  const store = createPostgresSecretStore(database.database);
  const { d: _secret, ...edgePublicKey } = edgeKey;
  const client = createEdgeClient({
    ...{ cellId: id, edgeUrl, clock: systemClock },
    key: { ...(key as { kty: 'OKP'; crv: 'Ed25519'; x: string; d: string }) },
    edgeKeys: createLocalJWKSet({ keys: [edgePublicKey] }),
  });
  const known = { cellNamed: (wanted: CellId) => cells.get(wanted)?.named ?? null };
  const deps = { store, keysFile, edge: client, cells: known, clock: systemClock, log: silentLogger };
  const bring = new BringSecrets(deps);
  const app = fastify();
  registerSealSecrets(app, { ...deps, bring });
  const open = (anew: BringSecrets) =>
    new Secrets({
      store,
      keysFile,
      bring: anew,
      hasLeft: async () => false,
      clock: systemClock,
      log: silentLogger,
    });
  const named = cellSchema.parse({ id, region, url: 'http://127.0.0.1:1', key });
  const restart = () => open(new BringSecrets(deps));
  cells.set(id, { id, key, named, app, database, store, secrets: open(bring), restart });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-bring-'));
  edgeKey = await edKey();
  const url = await startEdge();
  for (const name of ['eu-1', 'eu-2']) await startCell(name, url);
}, 60_000);
afterAll(async () => {
  await edge?.close();
  for (const { app, database } of cells.values()) {
    await app.close();
    await database.drop();
  }
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  org = newOrgId(systemRandom);
  [passed, holders, tamper] = [[], [cell('eu-1').id], async (sealed) => sealed];
  await cell('eu-1').store.complete(org, [], 0);
  await cell('eu-1').secrets.put({ owner: org, name: 'TOKEN' }, value);
});

const environment = (secrets: Secrets) =>
  secrets.environmentOf({ ownerId: newUserId(systemRandom), orgId: org });

describe('a cell that first meets an organisation', () => {
  it('has its secrets before it starts anything, though it seals with another master key', async () => {
    expect(await environment(cell('eu-2').secrets)).toEqual({ TOKEN: value });
    expect(await cell('eu-2').secrets.list(org)).toMatchObject([{ name: 'TOKEN' }]);
    const [kept] = await cell('eu-2').store.sealedOf(org);
    const [first] = await cell('eu-1').store.sealedOf(org);
    expect(kept?.sealed.keyId).not.toBe(first?.sealed.keyId);
  });

  it('shows their names to whoever lists them, as the other cell does', async () => {
    expect(await cell('eu-2').secrets.list(org)).toEqual(await cell('eu-1').secrets.list(org));
  });

  it('asks once, also of many that start at once and after a restart, and says that it has them', async () => {
    await Promise.all(Array.from({ length: 8 }, () => environment(cell('eu-2').secrets)));
    expect(passed.length).toBe(2);
    await eventually(() => holders).toEqual([cell('eu-1').id, cell('eu-2').id]);
    expect(await environment(cell('eu-2').restart())).toEqual({ TOKEN: value });
    expect(passed.length).toBe(2);
  });

  it('shows the edge nothing that it carries', async () => {
    await environment(cell('eu-2').secrets);
    expect(passed.length).toBe(2);
    for (const text of passed) {
      const layers = [
        text,
        JSON.stringify(payloadOf(text)),
        Buffer.from(text, 'base64url').toString('latin1'),
      ];
      const encoded = [value, Buffer.from(value).toString('base64url'), Buffer.from(value).toString('hex')];
      for (const layer of layers) for (const form of encoded) expect(layer).not.toContain(form);
    }
  });

  it('starts nothing without them while nobody answers, and has them when somebody does', async () => {
    tamper = () => Promise.reject(new Error('cut'));
    const refused = environment(cell('eu-2').secrets);
    await expect(refused).rejects.toMatchObject({ code: 'secrets_unavailable', status: 503 });
    await expect(refused).rejects.toBeInstanceOf(CellbookError);
    tamper = async (sealed) => sealed;
    expect(await environment(cell('eu-2').secrets)).toEqual({ TOKEN: value });
  });

  it('has none where there are none, and is not asked again', async () => {
    holders = [];
    const nobodys = newOrgId(systemRandom);
    const of = { ownerId: newUserId(systemRandom), orgId: nobodys };
    expect(await cell('eu-2').secrets.environmentOf(of)).toEqual({});
    await cell('eu-2').restart().environmentOf(of);
    expect(passed.length).toBe(1);
  });

  it('keeps what was set and removed in it meanwhile', async () => {
    await cell('eu-1').secrets.put({ owner: org, name: 'GONE' }, value);
    await cell('eu-2').secrets.put({ owner: org, name: 'TOKEN' }, 'newer');
    await cell('eu-2').secrets.remove({ owner: org, name: 'GONE' });
    expect(await environment(cell('eu-2').secrets)).toEqual({ TOKEN: 'newer' });
  });
});

describe('an edge that does more than carry', () => {
  const refusal = async () => {
    const refused = environment(cell('eu-2').secrets);
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    expect(await cell('eu-2').store.isComplete(org)).toBe(false);
  };

  it('cannot put in what no cell has sealed', async () => {
    const forged = await edKey();
    tamper = async (sealed) => {
      const said = envelopeOf(sealed);
      return signStatement('cellbook-secrets-sealed', said, forged);
    };
    await refusal();
  });

  it('cannot give those of another organisation for these, or those sealed for another time', async () => {
    const other = newOrgId(systemRandom);
    const secrets = [{ name: 'TOKEN', value: 'of another', updatedAtMs: 1 }];
    for (const [inside, outside] of [
      [other, org],
      [org, other],
    ] as const) {
      tamper = async (sealed, { key }) => {
        const { sealTo } = z.looseObject({ sealTo: sealToSchema }).parse(payloadOf(passed.at(-1) ?? ''));
        const jwe = await sealSet(sealTo, { org: inside, secrets });
        return signStatement('cellbook-secrets-sealed', { ...envelopeOf(sealed), org: outside, jwe }, key);
      };
      await refusal();
    }
    let first: string | null = null;
    tamper = async (sealed) => {
      first ??= sealed;
      return Promise.reject(new Error('kept'));
    };
    await environment(cell('eu-2').secrets).catch(() => undefined);
    tamper = async () => first ?? '';
    await refusal();
  });

  it('cannot have them sealed to a key of its own', async () => {
    const said = envelopeOf(await wanted());
    const asked = await signStatement('cellbook-secrets-wanted', said, await edKey());
    await expect(sealedBy(cell('eu-1'), 'eu-2', org, asked)).rejects.toThrow('forbidden');
    await expect(sealedBy(cell('eu-1'), 'eu-1', org, await wanted())).rejects.toThrow('forbidden');
  });

  it('and nobody but the edge is listened to', async () => {
    const order = {
      org,
      wantedBy: 'eu-2',
      wanted: await wanted(),
      from: 'edge',
      to: 'eu-1',
      iat: systemClock.nowMs(),
    };
    const payload = await signStatement(secretsOrderType, order, cell('eu-2').key);
    const headers = { 'content-type': statementMediaType };
    const answer = await cell('eu-1').app.inject({ method: 'POST', url: '/secrets/seal', headers, payload });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain(value);
  });

  /** What eu-2 signs when it wants them. */
  async function wanted(): Promise<string> {
    tamper = () => Promise.reject(new Error('cut'));
    await environment(cell('eu-2').secrets).catch(() => undefined);
    return passed.at(-1) ?? '';
  }
});
