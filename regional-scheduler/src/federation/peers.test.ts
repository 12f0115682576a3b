/** What is told apart when another region does not answer as it was asked to. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@cellbook/shared/clock.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createPeerCaller, PeerError } from './peers.ts';

const [eu, us] = ['eu', 'us'] as [RegionId, RegionId];
const answers = new Map<string, [status: number, body: string]>([
  ['/good', [200, '{"jobs":1}']],
  ['/rubbish', [200, 'no JSON']],
  ['/other', [200, '{"jobs":"many"}']],
  ['/refuses', [400, '{}']],
  ['/fails', [500, '{}']],
  ['/away', [503, '{}']],
]);
const server = createServer((request, response) => {
  const [status, body] = answers.get(`/${request.url?.split('/')[1]}`) ?? [404, ''];
  response.writeHead(status).end(body);
});
let origin: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

it('tells a refusal, an answer that cannot be read and silence apart, over all instances of a region', async () => {
  const ask = async (...instances: string[]) => {
    const { signal } = new AbortController();
    const secret = 'a secret that both of the regions have';
    const call = { method: 'GET', path: '' } as const;
    const urls = instances.map((path) => (path.startsWith('/') ? origin + path : path));
    const caller = createPeerCaller({
      ...{ regionId: eu, secret, clock: systemClock, signal },
      peers: [{ region: us, urls }],
    });
    return caller.call(us, call, z.object({ jobs: z.number() })).then(
      ({ jobs }) => jobs,
      (error: unknown) => (error instanceof PeerError ? error.trouble : error),
    );
  };
  expect(await ask('/good')).toBe(1);
  expect(await ask('/refuses')).toBe('refused');
  expect(await ask('/fails')).toBe('refused');
  expect([await ask('/rubbish'), await ask('/other')]).toEqual(['unreadable', 'unreadable']);
  expect([await ask('/away'), await ask('http://127.0.0.1:1')]).toEqual(['unreachable', 'unreachable']);
  // Another instance may know better, also one that is away for now.
  expect(await ask('/refuses', '/good')).toBe(1);
  expect([await ask('/refuses', '/away'), await ask('/away', '/refuses')]).toEqual([
    'unreachable',
    'unreachable',
  ]);
});
