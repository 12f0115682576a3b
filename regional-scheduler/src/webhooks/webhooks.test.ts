import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '@cellbook/shared/limits.ts';
import { jobDetailsSchema, jobSchema } from '@cellbook/shared/protocol/job.ts';
import { webhookBodySchema, webhookKeySchema } from '@cellbook/shared/protocol/jobs-api.ts';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { type JobsUnderTest, jobsUnderTest, patience, type Who } from '../testing/jobs-under-test.ts';
import { postWebhook } from './post-webhook.ts';

let under: JobsUnderTest;
const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
/** What it answers next; afterwards 200. */
let answers: number[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (bytes: Buffer) => {
    body += bytes.toString();
  });
  request.once('end', () => {
    heard.push({ headers: request.headers, body });
    response.writeHead(answers.shift() ?? 200).end('ok');
  });
});
let url: string;

beforeAll(async () => {
  under = await jobsUnderTest();
  under.jobs.start();
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  receiver.close();
  await under?.close();
});

async function ended(who: Who, given: object = {}): Promise<string> {
  const body = { task: { kind: 'video', prompt: 'a fox' }, webhook: { url }, ...given };
  const { id } = jobSchema.parse(await (await under.submit(who, body)).json());
  await under.takeIn(id);
  await under.succeed(id, await under.run(id));
  return id;
}

const webhookOf = async (who: Who, id: string) =>
  jobDetailsSchema.parse(await (await under.fetch(who, `/v1/jobs/${id}`)).json()).webhook;

/** Time passes until it is so. */
const until = async (isSo: () => Promise<boolean>) =>
  expect
    .poll(async () => {
      await under.clock.advance(limits.jobs.webhook.lookMs);
      return isSo();
    }, patience)
    .toBe(true);

it('tells of a job’s end, signed with the organisation’s key, again until the receiver takes it', async () => {
  const who = under.newWho();
  answers = [500, 302];
  heard.length = 0;
  const id = await ended(who);
  await until(async () => heard.length === 1);
  await until(async () => (await webhookOf(who, id))?.problem === 'it answered 500');
  await under.clock.advance(limits.jobs.webhook.retryMsMin * 2);
  await until(async () => heard.length === 2);
  await under.clock.advance(limits.jobs.webhook.retryMsMin * 4);
  await until(async () => (await webhookOf(who, id))?.state === 'delivered');
  expect(await webhookOf(who, id)).toMatchObject({ attempts: 3, problem: '' });
  expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const { key } = webhookKeySchema.parse(await (await under.fetch(who, '/v1/jobs/webhook-key')).json());
  for (const { headers, body } of heard) {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const mac = createHmac('sha256', Buffer.from(key.replace('whsec_', ''), 'base64')).update(signed);
    expect(headers['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
    expect(webhookBodySchema.parse(JSON.parse(body))).toMatchObject({ data: { id, phase: 'succeeded' } });
  }
});

it('tells every job that shares a result, once each', async () => {
  const who = under.newWho();
  heard.length = 0;
  const body = { task: { kind: 'video', prompt: 'a cat', parameters: { seed: 3 } }, webhook: { url } };
  const first = jobSchema.parse(await (await under.submit(who, body)).json());
  const joined = jobSchema.parse(await (await under.submit(who, { ...body, reuse: 'join' })).json());
  expect(joined.sameAs).toBe(first.id);
  await under.takeIn(first.id);
  await under.succeed(first.id, await under.run(first.id));
  await until(async () => heard.length === 2);
  const told = heard.map((one) => webhookBodySchema.parse(JSON.parse(one.body)).data.id);
  expect(told.toSorted()).toEqual([first.id, joined.id].toSorted());
});

it('tells a job that takes the result of one that has ended, though nothing ends any more', async () => {
  const who = under.newWho();
  const task = { kind: 'video', prompt: 'a dog', parameters: { seed: 3 } };
  const first = await ended(who, { task });
  await expect
    .poll(async () => (await under.jobs.store.find([first as never]))[0]?.end?.phase, patience)
    .toBe('succeeded');
  heard.length = 0;
  const answer = await under.submit(who, { task, webhook: { url } });
  const reused = jobSchema.parse(await answer.json());
  expect(reused).toMatchObject({ sameAs: first, phase: 'succeeded' });
  await until(async () => (await webhookOf(who, reused.id))?.state === 'delivered');
  const told = heard.map((one) => webhookBodySchema.parse(JSON.parse(one.body)).data);
  expect(told.find(({ id }) => id === reused.id)).toMatchObject({ phase: 'succeeded', costMicros: 0 });
});

it('gives up where the receiver says that it wants no more', async () => {
  const who = under.newWho();
  answers = [410];
  const id = await ended(who);
  await until(async () => (await webhookOf(who, id))?.state === 'given_up');
});

test.each([
  'http://127.0.0.1:9/',
  'http://localhost:9/',
  'http://[::1]:9/',
  'http://[::ffff:10.0.0.1]/',
  'http://169.254.169.254/latest/meta-data',
  'http://10.1.2.3/',
  'http://0.0.0.0:80/',
])('reaches nothing inside: %s', async (inside) => {
  const posted = await postWebhook({ allowed: new Set() }, { url: inside, headers: {}, body: '{}' });
  expect(posted).toMatchObject({
    kind: 'failed',
    problem: expect.stringContaining('is at no address that webhooks go to'),
  });
});

test('metadata addresses are not reached even where the operator has named them', async () => {
  const inside = 'http://169.254.169.254/';
  const posted = await postWebhook(
    { allowed: new Set(['169.254.169.254']) },
    { url: inside, headers: {}, body: '' },
  );
  expect(posted).toMatchObject({ kind: 'failed', problem: expect.stringContaining('is at no address') });
});

test('what a failure is called names no address of the network here', async () => {
  const closed = createServer();
  closed.listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const posted = await postWebhook(
    { allowed: new Set(['localhost']) },
    { url: `http://localhost:${port}/`, headers: {}, body: '' },
  );
  expect(posted).toEqual({ kind: 'failed', problem: 'it could not be reached: ECONNREFUSED' });
});
