/**
 * Every route of the jobs API, tried by every role with every scope on what is its own, its organisation's and foreign;
 * expected is what the table in shared/src/access/access.ts says of the permission that this test means for it.
 */
import { readFileSync } from 'node:fs';
import type { Caller, Relation } from '@cellbook/shared/access/access.ts';
import { type Permission, roleSchema, scopeSchema } from '@cellbook/shared/access/permissions.ts';
import { expectedOf, parseSpecTable, relations } from '@cellbook/shared/access/testing/spec-table.ts';
import { httpStatusByCode } from '@cellbook/shared/errors.ts';
import { jobSchema } from '@cellbook/shared/protocol/job.ts';
import { idempotencyKeyHeader } from '@cellbook/shared/protocol/workspace-api.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobsUnderTest, jobsUnderTest, type Who } from '../../testing/jobs-under-test.ts';

const accessFile = new URL('../../../../shared/src/access/access.ts', import.meta.url);
const table = parseSpecTable(readFileSync(accessFile, 'utf8'));

const routes: readonly [method: string, path: string, permission: Permission][] = [
  ['POST', '/v1/jobs', 'job.submit'],
  ['POST', '/v1/jobs/batch', 'job.submit'],
  ['GET', '/v1/jobs', 'job.list'],
  ['GET', '/v1/jobs/queue', 'job.list'],
  ['GET', '/v1/jobs/webhook-key', 'job.submit'],
  ['GET', '/v1/jobs/:jobId', 'job.read'],
  ['GET', '/v1/jobs/:jobId/logs', 'job.result'],
  ['GET', '/v1/jobs/:jobId/events', 'job.read'],
  ['GET', '/v1/jobs/:jobId/result', 'job.result'],
  ['POST', '/v1/jobs/:jobId/cancel', 'job.operate'],
  ['GET', '/v1/gpu/:region/hosts', 'gpu.read'],
  ['GET', '/v1/gpu/:region/contained', 'gpu.read'],
  ['GET', '/v1/gpu/:region/customers', 'gpu.read'],
  ['POST', '/v1/gpu/:region/hosts/:hostId/quarantine', 'gpu.manage'],
  ['POST', '/v1/gpu/:region/hosts/:hostId/release', 'gpu.manage'],
  ['POST', '/v1/gpu/:region/hosts/:hostId/drain', 'gpu.manage'],
  ['PUT', '/v1/gpu/:region/classes', 'gpu.manage'],
  ['PUT', '/v1/gpu/:region/customers/:orgId', 'gpu.manage'],
];

let under: JobsUnderTest;
let me: Who;
const jobs: Record<Relation, string> = { own: '', org: '', foreign: '' };

beforeAll(async () => {
  under = await jobsUnderTest();
  me = under.newWho();
  const owners = { own: me, org: under.newWho({ org: me.org }), foreign: under.newWho() };
  for (const relation of relations) {
    const answer = await under.submit(owners[relation], { task: { kind: 'video', prompt: relation } });
    jobs[relation] = jobSchema.parse(await answer.json()).id;
  }
});
afterAll(() => under?.close());

async function attempt(method: string, path: string, relation: Relation, caller: Caller) {
  const stop = new AbortController();
  const url = path.replace(':jobId', jobs[relation]).replace(':region', 'eu').replace(/:\w+/, 'host-x');
  const answer = await under.fetch({ ...me, ...caller }, url, {
    ...{ method, signal: stop.signal },
    // It does not fit: who gets so far may.
    ...(takesBody(method, path) && { body: '{}', headers: { [idempotencyKeyHeader]: 'k' } }),
  });
  const isStream = answer.headers.get('content-type') === 'text/event-stream';
  const body = isStream ? null : ((await answer.json()) as { code?: string; problem?: string });
  stop.abort();
  return { status: answer.status, code: body?.code };
}

const takesBody = (method: string, path: string) => method !== 'GET' && !path.includes(':jobId');

/** Whose the thing can be that a route is about. */
function relationsOf(path: string): readonly Relation[] {
  if (path.includes(':jobId')) return relations;
  return path.startsWith('/v1/gpu') ? ['foreign'] : ['own'];
}

async function expectAsTable(caller: Caller): Promise<void> {
  for (const [method, path, permission] of routes)
    for (const relation of relationsOf(path)) {
      const expected = expectedOf(table, caller, permission, relation);
      const { status, code } = await attempt(method, path, relation, caller);
      const what = `${method} ${path} ${JSON.stringify(caller)} ${relation}: ${expected}`;
      // Nothing has ended: of what is let through results are a conflict, and bodies do not fit.
      if (expected === 'allowed') expect([200, 202, 400, 409], what).toContain(status);
      else expect([status, code], what).toEqual([httpStatusByCode[expected], expected]);
    }
}

describe('every route of the jobs API', () => {
  it('is in this test with the permission that it names; only signed addresses are open', () => {
    const named = under.routes
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, url, permission }) => `${method} ${url} ${permission}`);
    const meant = routes.map((row) => row.join(' '));
    expect(named.toSorted()).toEqual([...meant, 'GET /v1/results/:region/:jobId/:name null'].toSorted());
  });

  it.each(roleSchema.options)('lets a person who is %s do what the table says', async (role) => {
    await expectAsTable({ role, scopes: null, via: 'session' });
  });

  it.each(scopeSchema.options)('lets an operator’s key with the scope %s do no more', async (scope) => {
    await expectAsTable({ role: 'operator', scopes: [scope], via: 'token' });
  });

  it('lets a workspace’s own pages do nothing', async () => {
    await expectAsTable({ role: 'member', scopes: null, via: 'workspace' });
  });

  it('shows an operator a foreign job without what is in it', async () => {
    const operator = { ...me, role: 'operator' };
    const answer = await under.fetch(operator, `/v1/jobs/${jobs.foreign}`);
    expect(await answer.json()).toMatchObject({ prompt: null, parameters: null, phase: 'submitted' });
  });
});
