import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { jobSchema } from '@cellbook/shared/protocol/job.ts';
import { jobResultSchema } from '@cellbook/shared/protocol/jobs-api.ts';
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { attemptNumber, jobNumber } from '../testing/events.ts';
import { type JobsUnderTest, jobsUnderTest, patience, type Who } from '../testing/jobs-under-test.ts';
import { expireResults } from './expire-results.ts';
import { rangeOf } from './range-of.ts';

test.each([
  ['bytes=0-1', 10, { first: 0, last: 1 }],
  ['bytes=4-', 10, { first: 4, last: 9 }],
  ['bytes=-3', 10, { first: 7, last: 9 }],
  ['bytes=-30', 10, { first: 0, last: 9 }],
  ['bytes=0-99', 10, { first: 0, last: 9 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=5-4', 10, 'whole'],
  ['bytes=0-1,4-5', 10, 'whole'],
  ['bytes=-', 10, 'whole'],
  ['lines=1-2', 10, 'whole'],
  [undefined, 10, 'whole'],
])('of the range %s of %i bytes', (header, bytes, range) => {
  expect(rangeOf(header, bytes)).toEqual(range);
});

describe('a result', () => {
  let under: JobsUnderTest;
  let who: Who;
  let id: JobId;
  let url: URL;
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));
  const task = { kind: 'video', prompt: 'a fox', parameters: { seed: 1 } };
  const get = (address: URL, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${under.url}${address.pathname}${address.search}`, { method, headers });
  const resultOf = async (caller: Who, jobId: string, query = '') =>
    under.fetch(caller, `/v1/jobs/${jobId}/result${query}`);

  beforeAll(async () => {
    under = await jobsUnderTest();
    under.jobs.start();
    who = under.newWho();
    ({ id } = jobSchema.parse(await (await under.submit(who, { task })).json()));
    await under.takeIn(id);
    expect((await resultOf(who, id)).status).toBe(409);
    await under.succeed(id, await under.run(id), bytes);
    await vi.waitUntil(async () => (await resultOf(who, id)).status === 200, { timeout: 30_000 });
    const result = jobResultSchema.parse(await (await resultOf(who, id)).json());
    expect(result).toMatchObject({ bytes: 1_000, name: 'video.mp4', contentType: 'video/mp4' });
    url = new URL(result.url);
  });
  afterAll(() => under?.close());

  it('is fetched whole by whoever has the address', async () => {
    expect(url.origin).toBe('http://localhost:8787');
    const answer = await get(url);
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '1000']);
    expect(answer.headers.get('content-disposition')).toContain('attachment; filename="video.mp4"');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('is fetched in parts, and goes on where it broke off as long as it is the same', async () => {
    const part = await get(url, { range: 'bytes=100-199' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/1000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    const etag = part.headers.get('etag') ?? '';
    expect((await get(url, { range: 'bytes=200-', 'if-range': etag })).status).toBe(206);
    expect((await get(url, { range: 'bytes=200-', 'if-range': '"another"' })).status).toBe(200);
    expect((await get(url, { 'if-none-match': etag })).status).toBe(304);
    const beyond = await get(url, { range: 'bytes=1000-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
    const head = await get(url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.headers.get('accept-ranges')]).toEqual([
      ...[200, '1000', 'bytes'],
    ]);
  });

  it('is nobody’s whose address was changed, or whose time is over', async () => {
    const other = jobSchema.parse(await (await under.submit(who, { task: { ...task, prompt: 'b' } })).json());
    const changes: ((address: URL) => void)[] = [
      (address) =>
        address.searchParams.set('expires', String(Number(address.searchParams.get('expires')) + 1)),
      (address) => address.searchParams.set('signature', 'x'),
      (address) => {
        address.pathname = address.pathname.replace(id, other.id);
      },
      (address) => {
        address.pathname = address.pathname.replace('/eu/', '/us/');
      },
    ];
    for (const change of changes) {
      const changed = new URL(url);
      change(changed);
      expect((await get(changed)).status).toBe(403);
    }
    const short = jobResultSchema.parse(await (await resultOf(who, id, '?seconds=1')).json());
    await under.clock.advance(1_000);
    expect((await get(new URL(short.url))).status).toBe(410);
    expect((await resultOf(who, id, '?seconds=99999999')).status).toBe(400);
    expect((await resultOf(under.newWho({ org: who.org }), id)).status).toBe(404);
  });

  it('is that of an identical request at once, at no cost, with an address of its own', async () => {
    const answer = await under.submit(under.newWho({ org: who.org }), { task });
    const same = jobSchema.parse(await answer.json());
    expect(same).toMatchObject({ phase: 'succeeded', sameAs: id, costMicros: 0, reservedMicros: 0 });
    const stranger = jobSchema.parse(await (await under.submit(under.newWho(), { task })).json());
    expect(stranger).toMatchObject({ phase: 'submitted', sameAs: null });
  });

  it('goes when its time is over, and says so', async () => {
    const objects = { remove: async (key: string) => void under.objects.delete(key) };
    const { clock, database } = under;
    expect(await expireResults({ database, objects, clock, log: silentLogger })).toBe(0);
    const [kept] = await database.$client<{ ms: number }[]>`
      select (result_until_ms - ended_ms)::float8 as ms from job_ends where job_id = ${id}`;
    expect(kept?.ms).toBe(limits.jobs.resultDaysByTier.paid * 86_400_000);
    await database.$client`update job_ends set result_until_ms = ${clock.nowMs() + 1}`;
    await expect
      .poll(async () => {
        await clock.advance(limits.jobs.expireEveryMs);
        return under.objects.size;
      }, patience)
      .toBe(0);
    expect((await resultOf(who, id)).status).toBe(410);
    const again = jobSchema.parse(await (await under.submit(who, { task })).json());
    expect(again).toMatchObject({ phase: 'submitted', sameAs: null });
  });

  it('goes with all that are due, whichever of them cannot go', async () => {
    const { clock, database } = under;
    const keyOf = (number: number) => `results/${jobNumber(number)}/${attemptNumber(number)}/v.mp4`;
    const numbers = Array.from({ length: 2 * limits.jobs.expireRowsMax + 1 }, (_, number) => number);
    const keys = numbers.map((number) => (number === 0 ? '../another' : keyOf(number)));
    await database.$client`
      insert into job_ends (job_id, org_id, phase, view, cost_micros, ended_ms, result_key, result_until_ms)
      select job_id, 'org', 'succeeded', '{}', 0, 1, key, nth
      from unnest(${numbers.map(jobNumber)}::text[], ${keys}::text[]) with ordinality as due(job_id, key, nth)`;
    const asked: string[] = [];
    const objects = {
      async remove(key: string) {
        asked.push(key);
        if (key === keyOf(1)) throw new Error('it is held');
      },
    };
    const expire = () => expireResults({ database, objects, clock, log: silentLogger });
    expect(await expire()).toBe(numbers.length - 1);
    expect(asked.toSorted()).toEqual(keys.slice(1).toSorted());
    expect(await expire()).toBe(0);
    expect(asked.at(-1)).toBe(keyOf(1));
    await database.$client`delete from job_ends where org_id = 'org'`;
  });

  it('is asked of no store that is away more than once for each of a page', async () => {
    const { clock, database } = under;
    const numbers = Array.from({ length: limits.jobs.expireRowsMax + 1 }, (_, number) => number);
    await database.$client`
      insert into job_ends (job_id, org_id, phase, view, cost_micros, ended_ms, result_key, result_until_ms)
      select job_id, 'org', 'succeeded', '{}', 0, 1, 'results/' || job_id || '/' || ${attemptNumber(1)} || '/v', 1
      from unnest(${numbers.map(jobNumber)}::text[]) as due(job_id)`;
    let asked = 0;
    const objects = { remove: async () => Promise.reject(new Error(`away ${++asked}`)) };
    expect(await expireResults({ database, objects, clock, log: silentLogger })).toBe(0);
    expect(asked).toBe(limits.jobs.expireRowsMax);
    await database.$client`delete from job_ends where org_id = 'org'`;
  });
});
