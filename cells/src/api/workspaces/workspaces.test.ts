import {
  hostIdSchema,
  newOrgId,
  newSandboxId,
  newUserId,
  newWorkspaceId,
  type OrgId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { workspaceSchema } from '@cellbook/shared/protocol/workspace.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phaseStateOf } from '../../lifecycle/stores/workspace-row.ts';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';

let api: ApiServer;
beforeAll(async () => {
  api = await startApiServer();
});
afterAll(() => api?.stop());

const withKey = (key: string = systemRandom.uuid()) => ({ 'idempotency-key': key });
const pathOf = (id: string, verb = '') => `/v1/workspaces/${id}${verb}`;
const newOwner = () => ({ sub: newUserId(systemRandom) });

async function createId(): Promise<WorkspaceId> {
  return (await api.create()).body.id;
}

describe('the idle policy', () => {
  const claims = (secondsMax: number, secondsDefault?: number) => ({
    ...newOwner(),
    org: newOrgId(systemRandom),
    quota: { idle: { secondsMax, ...(secondsDefault && { secondsDefault }) } },
  });
  const create = (as: ReturnType<typeof claims>, body: object = {}) =>
    api.call('POST', '/v1/workspaces', { body: { name: 'a', ...body }, headers: withKey(), claims: as });

  it('is the organisation’s where its user has chosen nothing, and his choice within it', async () => {
    const as = claims(900, 600);
    expect((await create(as)).body.idleSuspendSeconds).toBe(600);
    expect((await create(claims(900))).body.idleSuspendSeconds).toBe(900);
    const chosen = await create(as, { idleSuspendSeconds: 300 });
    expect(chosen).toMatchObject({ status: 201, body: { idleSuspendSeconds: 300 } });
    const edit = { body: { idleSuspendSeconds: 900 }, claims: as };
    expect((await api.call('PATCH', pathOf(chosen.body.id), edit)).body.idleSuspendSeconds).toBe(900);
  });

  it.each([901, null])(
    'refuses %s s where the organisation allows 900, on create and on edit',
    async (asked) => {
      const as = claims(900);
      const refused = { status: 403, body: { code: 'forbidden' } };
      expect(await create(as, { idleSuspendSeconds: asked })).toMatchObject(refused);
      const { id } = (await create(as)).body;
      const edit = { body: { idleSuspendSeconds: asked }, claims: as };
      expect(await api.call('PATCH', pathOf(id), edit)).toMatchObject(refused);
      const rename = { body: { name: 'b' }, claims: as };
      expect((await api.call('PATCH', pathOf(id), rename)).body.idleSuspendSeconds).toBe(900);
    },
  );
});

describe('how it came back, and what is kept', () => {
  it('tells of the last resume: the rung, better ones and why not, steps and time; in its record too', async () => {
    const id = await createId();
    expect((await api.call('GET', pathOf(id))).body).toMatchObject({ lastRung: null, lastResume: null });
    const hostId = hostIdSchema.parse('host-a');
    const row = await api.store.acquire(id, { holder: 'a', hostIds: [hostId], ttlMs: 60_000 });
    if (!row) throw new Error('the lease was not given');
    const missed = [{ rung: 'live', cause: 'slow', why: 'it took longer than 2000 ms' } as const];
    const steps = [{ step: 'start_sandbox', durationMs: 400 }];
    const report = { rung: 'memory', missed, steps, durationMs: 450, atMs: 1_750_000_000_000 } as const;
    const resume = { ...report, missed, steps };
    const by = { workspaceId: id, generation: row.generation, epoch: row.epoch, holder: 'a' };
    const state = { ...phaseStateOf(row), phase: 'running', lastRung: 'memory', lastResume: resume } as const;
    const event = { kind: 'phase', event: 'sandbox_started', from: 'resuming', to: 'running' } as const;
    const transitions = [{ ...by, ...event, problem: null, resume, atMs: 1_750_000_000_000 }];
    await api.store.commit(id, by, { state, hostId, transitions });
    const { atMs: _atMs, ...told } = resume;
    const lastResume = { ...told, at: '2025-06-15T15:06:40.000Z' };
    expect((await api.call('GET', pathOf(id))).body).toMatchObject({ lastRung: 'memory', lastResume });
    const record = await api.call('GET', pathOf(id, '/transitions'));
    expect(record.body.transitions[0]).toMatchObject({ step: 'sandbox_started', resume: lastResume });
  });

  it('says what is kept of its memory while it does not run', async () => {
    const id = await createId();
    const kept = async () => (await api.call('GET', pathOf(id))).body.kept;
    expect(await kept()).toBe('none');
    const frozen = {
      ...{ workspaceId: id, epoch: 1, tier: 'free' as const, hostId: hostIdSchema.parse('host-a') },
      ...{ sandboxId: newSandboxId(systemRandom), image: null, suspendedAtMs: 0, dueAtMs: 1 },
      remote: false,
    };
    await api.rests.put(frozen);
    expect(await kept()).toBe('live');
    const fingerprint = { runtime: 'r', platform: 'p', cpuFeatures: 'c', imageDigest: 'd' };
    await api.rests.put({ ...frozen, image: { bytes: 9, fingerprint } });
    expect(await kept()).toBe('memory');
    await api.rests.remove(id, 2);
    expect(await kept()).toBe('none');
  });
});

describe('creating', () => {
  it('gives a suspended workspace with the idle policy of its owner’s tier', async () => {
    const made = await api.create('analysis');
    expect(made.status).toBe(201);
    expect(workspaceSchema.parse(made.body)).toMatchObject({
      name: 'analysis',
      phase: 'suspended',
      desired: 'suspended',
      generation: 0,
      idleSuspendSeconds: limits.lifecycle.idleSuspendSecondsByTier.free,
    });
    expect(api.woken).toContain(made.body.id);
  });

  it('makes one workspace of a hundred parallel creates with one key', async () => {
    const claims = newOwner();
    const headers = withKey();
    const request = () => api.call('POST', '/v1/workspaces', { body: { name: 'one' }, headers, claims });
    const answers = await Promise.all(Array.from({ length: 100 }, request));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const listed = await api.call('GET', '/v1/workspaces', { claims });
    expect(listed.body.workspaces).toHaveLength(1);
  });

  it('replays the same answer for the same key, though the workspace has changed since', async () => {
    const headers = withKey();
    const body = { name: 'first' };
    const first = await api.call('POST', '/v1/workspaces', { body, headers });
    await api.call('PATCH', pathOf(first.body.id), { body: { name: 'second' } });
    const again = await api.call('POST', '/v1/workspaces', {
      text: '{"desired":"suspended","name":"first"}',
      headers,
    });
    expect(again.body).toEqual(first.body);
  });

  it('refuses the same key with another body, and takes it from another user', async () => {
    const headers = withKey();
    await api.call('POST', '/v1/workspaces', { body: { name: 'a' }, headers });
    const other = await api.call('POST', '/v1/workspaces', { body: { name: 'b' }, headers });
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
    const elsewhere = await api.call('POST', '/v1/workspaces', {
      body: { name: 'b' },
      headers,
      claims: newOwner(),
    });
    expect(elsewhere.status).toBe(201);
  });

  it('of another organisation is another one, whatever its key', async () => {
    const [headers, body] = [withKey(), { name: 'here and there' }];
    const create = (org: OrgId) => api.call('POST', '/v1/workspaces', { body, headers, claims: { org } });
    const [here, there] = [newOrgId(systemRandom), newOrgId(systemRandom)];
    const first = await create(here);
    expect((await create(here)).body.id).toBe(first.body.id);
    const other = await create(there);
    expect(other.status).toBe(201);
    expect(other.body.id).not.toBe(first.body.id);
  });

  it('may be repeated with the same key after it was refused for what the body says', async () => {
    const headers = withKey();
    const refused = await api.call('POST', '/v1/workspaces', { body: { name: '' }, headers });
    expect(refused.status).toBe(400);
    const made = await api.call('POST', '/v1/workspaces', { body: { name: 'right' }, headers });
    expect(made.status).toBe(201);
  });

  it.each([
    ['no key', { body: { name: 'a' } }, 400, 'bad_request'],
    ['an unprintable key', { body: { name: 'a' }, headers: withKey('a b') }, 400, 'bad_request'],
    ['a key too long', { body: { name: 'a' }, headers: withKey('k'.repeat(201)) }, 400, 'bad_request'],
    ['malformed JSON', { text: '{"name":', headers: withKey() }, 400, 'malformed_json'],
    ['no body', { headers: withKey() }, 400, 'bad_request'],
    ['a body that is a list', { body: [], headers: withKey() }, 400, 'bad_request'],
    ['an unknown field', { body: { name: 'a', owner: 'me' }, headers: withKey() }, 400, 'bad_request'],
    ['a name of blanks', { body: { name: '  ' }, headers: withKey() }, 400, 'bad_request'],
    ['a name too long', { body: { name: 'n'.repeat(101) }, headers: withKey() }, 400, 'bad_request'],
    [
      'an idle time too short',
      { body: { name: 'a', idleSuspendSeconds: 1 }, headers: withKey() },
      400,
      'bad_request',
    ],
    ['a body too large', { body: { name: 'n'.repeat(20_000) }, headers: withKey() }, 413, 'too_large'],
    [
      'another content type',
      { text: 'name=a', headers: { ...withKey(), 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
  ])('refuses %s with a typed answer that says what to do', async (_what, options, status, code) => {
    const refused = await api.call('POST', '/v1/workspaces', options);
    expect(refused).toMatchObject({ status, body: { code } });
    expect(refused.body.next).toBeTruthy();
    expect(refused.body.requestId).toMatch(/^req-/);
  });
});

describe('listing', () => {
  it('pages through all of the caller’s, newest first, and nobody else’s', async () => {
    const claims = newOwner();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await api.create(name, claims.sub);
    const names: string[] = [];
    let cursor = '';
    do {
      const query = `?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const page = await api.call('GET', `/v1/workspaces${query}`, { claims });
      names.push(...page.body.workspaces.map((workspace: { name: string }) => workspace.name));
      cursor = page.body.nextCursor ?? '';
    } while (cursor);
    expect(names).toEqual(['e', 'd', 'c', 'b', 'a']);
  });

  it('leaves deleted ones out unless asked for them', async () => {
    const claims = newOwner();
    const { id } = (await api.create('gone', claims.sub)).body;
    await api.call('DELETE', pathOf(id), { claims });
    expect((await api.call('GET', '/v1/workspaces', { claims })).body.workspaces).toEqual([]);
    const all = await api.call('GET', '/v1/workspaces?includeDeleted=true', { claims });
    expect(all.body.workspaces).toMatchObject([{ id, desired: 'deleted' }]);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'cursor=%00', 'cursor=bm90IG91cnM', 'includeDeleted=maybe'])(
    'refuses ?%s with a typed answer',
    async (query) => {
      const refused = await api.call('GET', `/v1/workspaces?${query}`);
      expect(refused).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    },
  );
});

describe('changing', () => {
  it('renames and sets the idle policy, never included', async () => {
    const id = await createId();
    const renamed = await api.call('PATCH', pathOf(id), { body: { name: ' new name ' } });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'new name' } });
    const never = await api.call('PATCH', pathOf(id), { body: { idleSuspendSeconds: null } });
    expect(never.body).toMatchObject({ name: 'new name', idleSuspendSeconds: null });
    expect((await api.call('PATCH', pathOf(id), { body: {} })).body.code).toBe('bad_request');
    expect((await api.call('PATCH', pathOf(id), { body: { phase: 'running' } })).body.code).toBe(
      'bad_request',
    );
  });

  it('resumes and suspends; a second click on either changes nothing', async () => {
    const id = await createId();
    const resumed = await api.call('POST', pathOf(id, '/resume'));
    expect(resumed).toMatchObject({ status: 200, body: { desired: 'running', generation: 1 } });
    expect((await api.call('POST', pathOf(id, '/resume'))).body).toEqual(resumed.body);
    const suspended = await api.call('POST', pathOf(id, '/suspend'));
    expect(suspended.body).toMatchObject({ desired: 'suspended', generation: 2 });
    expect((await api.call('POST', pathOf(id, '/suspend'))).body).toEqual(suspended.body);
  });

  it('answers a repeated key of a suspend with what it answered before', async () => {
    const id = await createId();
    const headers = withKey();
    const first = await api.call('POST', pathOf(id, '/suspend'), { headers });
    await api.call('POST', pathOf(id, '/resume'));
    expect((await api.call('POST', pathOf(id, '/suspend'), { headers })).body).toEqual(first.body);
    expect((await api.call('GET', pathOf(id))).body.desired).toBe('running');
  });

  it('takes a body of nothing that is said to be JSON', async () => {
    const id = await createId();
    const answer = await api.call('POST', pathOf(id, '/suspend'), { text: '' });
    expect(answer.status).toBe(200);
  });

  it('deletes with an undo: read and brought back until it ends, twice without harm', async () => {
    const id = await createId();
    const deleted = await api.call('DELETE', pathOf(id));
    expect(deleted).toMatchObject({ status: 200, body: { desired: 'deleted' } });
    expect(Date.parse(deleted.body.undoUntil ?? '')).toBeGreaterThan(Date.now());
    expect((await api.call('DELETE', pathOf(id))).body).toEqual(deleted.body);
    expect((await api.call('GET', pathOf(id))).status).toBe(200);

    for (const verb of ['/resume', '/suspend']) {
      const refused = await api.call('POST', pathOf(id, verb));
      expect(refused).toMatchObject({ status: 410, body: { code: 'gone' } });
      expect(refused.body.next).toContain('undelete');
    }
    expect((await api.call('PATCH', pathOf(id), { body: { name: 'x' } })).status).toBe(410);

    const back = await api.call('POST', pathOf(id, '/undelete'));
    expect(back.body).toMatchObject({ desired: 'suspended', undoUntil: null });
    expect((await api.call('POST', pathOf(id, '/undelete'))).body).toEqual(back.body);
  });

  it('does not bring back one whose undo has ended', async () => {
    const id = await createId();
    await api.call('DELETE', pathOf(id));
    await api.database.database
      .$client`update workspaces set undo_until = now() - interval '1 second' where id = ${id}`;
    const refused = await api.call('POST', pathOf(id, '/undelete'));
    expect(refused).toMatchObject({ status: 410, body: { code: 'gone' } });
  });

  it('shows what was done to a workspace, newest first, in pages', async () => {
    const id = await createId();
    const common = { workspaceId: id, generation: 1, epoch: 1, holder: 'h', atMs: Date.now() };
    await api.transitions.append([{ ...common, kind: 'intent', step: 'start_sandbox' }]);
    const outcome = { outcome: 'ok', durationMs: 371.4, problem: null } as const;
    await api.transitions.append([{ ...common, kind: 'outcome', step: 'start_sandbox', ...outcome }]);
    const first = await api.call('GET', pathOf(id, '/transitions?limit=1'));
    expect(first.body.transitions).toMatchObject([{ kind: 'outcome', durationMs: 371, outcome: 'ok' }]);
    const rest = await api.call('GET', pathOf(id, `/transitions?cursor=${first.body.nextCursor}`));
    expect(rest.body).toMatchObject({ transitions: [{ kind: 'intent', outcome: null }], nextCursor: null });
    expect((await api.call('GET', pathOf(id, '/transitions?cursor=nine'))).body.code).toBe('bad_request');
  });
});

describe('whose it is', () => {
  it('shows another’s workspace as one that does not exist, on every path', async () => {
    const id = await createId();
    const claims = newOwner();
    const calls: [string, string, object?][] = [
      ['GET', pathOf(id)],
      ['PATCH', pathOf(id), { name: 'mine' }],
      ['DELETE', pathOf(id)],
      ['POST', pathOf(id, '/suspend')],
      ['POST', pathOf(id, '/resume')],
      ['POST', pathOf(id, '/undelete')],
      ['GET', pathOf(id, '/transitions')],
      ['GET', `/w/${id}/api/status`],
    ];
    const absent = newWorkspaceId(systemRandom);
    for (const [method, path, body] of calls) {
      for (const [of, who] of [
        [id, claims],
        [absent, {}],
      ] as const) {
        const refused = await api.call(method, path.replace(id, of), { claims: who, ...(body && { body }) });
        expect(refused, `${method} ${path}`).toMatchObject({ status: 404, body: { code: 'not_found' } });
      }
    }
    expect((await api.call('GET', pathOf(id))).body).toMatchObject({ name: 'a notebook', generation: 0 });
  });

  it.each(['ws-short', 'ws-UPPERCASE00000000000', 'other-00000000000000000000', '%00', '..%2f..'])(
    'refuses the id %s as malformed',
    async (id) => {
      for (const path of [pathOf(id), `/w/${id}/api/status`]) {
        expect(await api.call('GET', path)).toMatchObject({ status: 400, body: { code: 'malformed_id' } });
      }
    },
  );

  it('refuses a path that is no percent-encoded text in the same typed shape', async () => {
    for (const path of ['/v1/workspaces/%FF', '/w/%E0%A4/api/contents']) {
      const refused = await api.call('GET', path);
      expect(refused).toMatchObject({ status: 400, body: { code: 'bad_request', next: expect.any(String) } });
    }
  });

  it('lets a workspace’s own origin look at its workspace, and at and do nothing else', async () => {
    const [id, other] = [await createId(), await createId()];
    const claims = { via: 'workspace', ws: id };
    expect((await api.call('GET', pathOf(id), { claims })).status).toBe(200);
    expect((await api.call('GET', `/w/${id}/api/status`, { claims })).status).toBe(200);
    const refused = [
      await api.call('GET', pathOf(other), { claims }),
      await api.call('GET', `/w/${other}/api/status`, { claims }),
      await api.call('GET', '/v1/workspaces', { claims }),
      await api.call('GET', '/v1/events', { claims }),
      await api.call('POST', '/v1/workspaces', { claims, body: { name: 'x' }, headers: withKey() }),
      await api.call('DELETE', pathOf(id), { claims }),
      await api.call('POST', pathOf(id, '/suspend'), { claims }),
    ];
    for (const answer of refused) expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});
