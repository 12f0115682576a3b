/** The edge's chain as an operator's machine verifies it: as it comes over http, whatever its length. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChainRow, continueChain, emptyChain } from '@cellbook/shared/audit/chain.ts';
import { columnsOf } from '@cellbook/shared/audit/event-columns.ts';
import { bodyOf, newEvent } from '@cellbook/shared/audit/make-event.ts';
import { type AuditKey, auditKeySchema, signStatement } from '@cellbook/shared/audit/statements.ts';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { verifyEdge } from './edge-chain.ts';

const pages = 40;
const pageRows = 250;
const event = newEvent(
  {
    who: { kind: 'user', id: 'user-1', org: null, role: 'member', cred: null, via: 'session' },
    what: 'key.create',
    which: { kind: 'key', id: null, owner: null, org: null },
    from: { address: null, agent: null, request: null, trace: null },
    result: { outcome: 'ok', code: null, status: 201 },
    details: {},
    org: null,
  },
  { clock: new ManualClock(), random: systemRandom },
);

let directory: string;
let key: AuditKey;
let server: Server;
let url: string;
let change: (row: ChainRow) => ChainRow;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-edge-chain-'));
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  key = auditKeySchema.parse({ ...(await exportJWK(privateKey)), kid: 'audit' });
  await mkdir(join(directory, 'edge'));
  await writeFile(join(directory, 'edge', 'audit.json'), JSON.stringify(key));
  change = (row) => row;
  server = createServer(async (_, response) => {
    for await (const text of lines())
      if (!response.write(text)) await new Promise((resolve) => response.once('drain', resolve));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true, force: true });
});

async function* lines(): AsyncGenerator<string> {
  const body = bodyOf(event);
  const whole = await continueChain(
    'edge',
    emptyChain,
    Array.from({ length: pages * pageRows }, () => body),
  );
  const last = whole.at(-1) ?? { ...emptyChain, prev: '', body };
  const statement = {
    kind: 'checkpoint',
    chain: 'edge',
    seq: last.seq,
    hash: last.hash,
    at: event.at,
  } as const;
  yield `${JSON.stringify({ statement: await signStatement(statement, key) })}\n`;
  for (let page = 0; page < pages; page++) {
    const rows = whole.slice(page * pageRows, (page + 1) * pageRows);
    yield `${rows.map((row) => JSON.stringify({ row: { ...change(row), columns: columnsOf(event) } })).join('\n')}\n`;
  }
}

const verify = () => verifyEdge({ url, token: 'key', keysDirectory: directory });

it('is whole where nothing was changed', async () => {
  expect(await verify()).toMatchObject({
    ...{ rows: pages * pageRows, first: 1, last: pages * pageRows },
    ...{ signedThrough: pages * pageRows, findings: [] },
  });
});

it('names the row that was changed', async () => {
  change = (row) => (row.seq === 777 ? { ...row, body: row.body.replace('201', '500') } : row);
  expect(await verify()).toMatchObject({
    findings: [{ kind: 'changed', seq: 777 }],
  });
});

it('takes an operator’s key, and says so where it is not given or not taken', async () => {
  expect(await verifyEdge({ url, token: null, keysDirectory: directory })).toMatchObject({
    chain: 'edge',
    unread: expect.any(String),
  });
  expect(
    await verifyEdge({ url: 'http://127.0.0.1:9', token: 'key', keysDirectory: directory }),
  ).toHaveProperty('unread');
});
