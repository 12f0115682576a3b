import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postWebhook } from './post-webhook.ts';
import { addressesOf } from './resolve-host.ts';

const asked: string[] = [];
/** Answers names that begin with `inside` with 10.1.2.3, those with `nobody` with none, and no others. */
const nameServer = createSocket('udp4', (query, from) => {
  const name = nameIn(query);
  asked.push(name);
  const isA = query.readUInt16BE(12 + name.length + 2) === 1;
  if (name.startsWith('inside')) nameServer.send(answerTo(query, isA ? [10, 1, 2, 3] : null), from.port);
  if (name.startsWith('nobody')) nameServer.send(answerTo(query, null, 3), from.port);
});
let nameServers: string[];

beforeAll(async () => {
  nameServer.bind(0, '127.0.0.1');
  await once(nameServer, 'listening');
  nameServers = [`127.0.0.1:${nameServer.address().port}`];
});
afterAll(() => nameServer.close());

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at]; at += 1 + (query[at] ?? 0))
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
  return labels.join('.');
}

/** RFC 1035: the question again, and one address. */
function answerTo(query: Buffer, address: number[] | null, code = 0): Buffer {
  const question = query.subarray(12, 12 + nameIn(query).length + 2 + 4);
  const header = Buffer.from([
    ...query.subarray(0, 2),
    0x81,
    0x80 | code,
    0,
    1,
    0,
    address ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  const record = address ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address] : [];
  return Buffer.concat([header, question, Buffer.from(record)]);
}

it('asks the name servers, and gives up those that say nothing', async () => {
  const resolving = { isListed: false, nameServers };
  expect(await addressesOf('inside.example', resolving)).toEqual(['10.1.2.3']);
  expect(await addressesOf('silent.example', { ...resolving, resolveMs: 50 })).toEqual([]);
  await expect.poll(() => asked, { timeout: 10_000 }).toContain('silent.example');
});

it('asks nobody for this machine’s own name', async () => {
  for (const host of ['localhost', 'LOCALHOST.', 'inside.localhost'])
    expect(await addressesOf(host, { isListed: false, nameServers })).toEqual([]);
  expect(asked.some((name) => /localhost/i.test(name))).toBe(false);
  expect(await addressesOf('localhost', { isListed: true })).toContain('127.0.0.1');
});

it('tells of a name that leads inside as of one that leads nowhere', async () => {
  const told = await Promise.all(
    ['inside', 'nobody', 'silent'].map(async (word) => {
      const url = `http://${word}.example/`;
      const post = { url, headers: {}, body: '' };
      const posted = await postWebhook({ allowed: new Set(), nameServers, resolveMs: 200 }, post);
      return posted.kind === 'failed' && posted.problem.replace(word, 'it');
    }),
  );
  expect(told).toEqual(Array(3).fill('it.example is at no address that webhooks go to'));
});
