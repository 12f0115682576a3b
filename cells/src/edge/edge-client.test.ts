/** A cell and an edge over HTTP, each with a key of its own. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema } from '@cellbook/shared/ids.ts';
import { signStatement, statementMediaType, verifyStatement } from '@cellbook/shared/protocol/statements.ts';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { type CryptoKey, createLocalJWKSet, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { cellKeySchema } from './cell-key.ts';
import { createEdgeClient, type EdgeClient } from './edge-client.ts';

const cellId = cellIdSchema.parse('eu-1');
const answerSchema = z.object({ said: z.string() });
let server: FastifyInstance;
let edgeKey: JWK;
let cellKey: JWK;
let client: EdgeClient;
/** What the edge does with a question. */
let answer: (question: string, reply: FastifyReply) => unknown;

const edKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return exportJWK(privateKey);
};

beforeAll(async () => {
  [edgeKey, cellKey] = [await edKey(), await edKey()];
  server = fastify();
  server.addContentTypeParser(statementMediaType, { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  server.post('/ask', async ({ body }, reply) => answer(String(body), reply));
  const edgeUrl = await server.listen({ host: '127.0.0.1', port: 0 });
  const { d: _secret, ...edgePublicKey } = edgeKey;
  client = createEdgeClient({
    ...{ cellId, edgeUrl, clock: systemClock, key: cellKeySchema.parse(cellKey) },
    edgeKeys: createLocalJWKSet({ keys: [edgePublicKey] }),
  });
});
afterAll(() => server?.close());

const ask = (deadlineMs = 5_000) =>
  client.ask({
    ...{ path: '/ask', typ: 'question', body: { what: 'room' }, deadlineMs },
    answer: { typ: 'answer', schema: answerSchema, bytesMax: 1_000 },
    ...{ code: 'quota_unavailable', doing: 'asking' },
  });
const signed = (more: object = {}, key = edgeKey, typ = 'answer') =>
  signStatement(typ, { said: 'yes', from: 'edge', to: cellId, iat: systemClock.nowMs(), ...more }, key);

it('asks in its own name, and takes what the edge says to it', async () => {
  let heard: unknown;
  answer = async (question) => {
    const { d: _secret, ...publicKey } = cellKey;
    const key = (await importJWK(publicKey, 'EdDSA')) as CryptoKey;
    const schema = z.looseObject({ what: z.string() });
    heard = await verifyStatement(question, key, {
      typ: 'question',
      schema,
      to: 'edge',
      from: cellId,
      nowMs: systemClock.nowMs(),
    });
    return signed();
  };
  expect(await ask()).toEqual({ said: 'yes' });
  expect(heard).toMatchObject({ what: 'room' });
});

it.each([
  ['is signed by another', () => edKey().then((key) => signed({}, key))],
  ['is for another cell', () => signed({ to: 'eu-2' })],
  ['is another kind of word', () => signed({}, edgeKey, 'question')],
  ['is older than a minute', () => signed({ iat: systemClock.nowMs() - 61_000 })],
  ['has not the shape', () => signed({ said: 1 })],
  ['is too long', () => signed({ said: 'x'.repeat(2_000) })],
  ['is no statement', async () => 'nonsense'],
])('takes nothing that %s', async (_what, make) => {
  answer = make;
  await expect(ask()).rejects.toMatchObject({ code: 'quota_unavailable', status: 503 });
});

it('passes on why the edge refuses, in its words', async () => {
  answer = (_question, reply) =>
    reply.code(403).send({ code: 'forbidden', reason: 'the pins name no such cell', next: 'Publish some.' });
  await expect(ask()).rejects.toMatchObject({
    ...{ code: 'quota_unavailable', problem: 'the pins name no such cell', next: 'Publish some.' },
  });
});

it('gives up after its time', async () => {
  answer = () => new Promise(() => {});
  await expect(ask(50)).rejects.toMatchObject({ code: 'quota_unavailable' });
});
