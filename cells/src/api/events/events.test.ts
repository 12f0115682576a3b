import { newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { workspaceEventSchema } from '@cellbook/shared/protocol/workspace.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';
import type { HintBus } from './change-feed.ts';

let api: ApiServer;
/** A bus that loses everything: with Redis down the streams must work all the same. */
const deadBus: HintBus = { publish() {}, onMessage() {} };
beforeAll(async () => {
  api = await startApiServer({ bus: deadBus });
});
afterAll(() => api?.stop());

interface Heard {
  id: number;
  name: string;
  phase: string;
  workspaceId: string;
}

async function listen(userId: string, lastEventId?: string) {
  const abort = new AbortController();
  const response = await fetch(`${api.url}/v1/events`, {
    headers: {
      [principalHeader]: await api.edge.sign({ sub: userId }),
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: abort.signal,
  });
  const heard: Heard[] = [];
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
        );
        if (fields.get('event') !== 'workspace') continue;
        const { workspace } = workspaceEventSchema.parse(JSON.parse(fields.get('data') ?? ''));
        const { id: workspaceId, name, phase } = workspace;
        heard.push({ id: Number(fields.get('id')), name, phase, workspaceId });
      }
    }
  })().catch(() => {});
  return { response, heard, reading, close: () => abort.abort() };
}

describe('the stream of events', () => {
  it('answers who asks for its headers alone, and opens no stream for him', async () => {
    const userId = newUserId(systemRandom);
    const headers = { [principalHeader]: await api.edge.sign({ sub: userId }) };
    for (let asked = 0; asked <= limits.api.eventStreamsPerUserMax; asked++) {
      const answer = await fetch(`${api.url}/v1/events`, { method: 'HEAD', headers });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    }
    const stream = await listen(userId);
    expect(stream.response.status).toBe(200);
    stream.close();
  });

  it('tells every workspace first, then each change as it happens, and only the caller’s', async () => {
    const mine = newUserId(systemRandom);
    const theirs = newUserId(systemRandom);
    const { id } = (await api.create('before', mine)).body;
    const stream = await listen(mine);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    await eventually(() => stream.heard.map(({ name }) => name)).toEqual(['before']);
    await api.create('not yours', theirs);
    await api.call('PATCH', `/v1/workspaces/${id}`, { body: { name: 'after' }, claims: { sub: mine } });
    await eventually(() => stream.heard.map(({ name }) => name)).toEqual(['before', 'after']);
    const ids = stream.heard.map((event) => event.id);
    expect(ids).toEqual([...ids].sort((left, right) => left - right));
    stream.close();
  });

  it('goes on from Last-Event-ID: what was missed comes in its newest state, what was had does not', async () => {
    const owner = newUserId(systemRandom);
    const first = (await api.create('one', owner)).body;
    const second = (await api.create('two', owner)).body;
    const stream = await listen(owner);
    await eventually(() => stream.heard).toHaveLength(2);
    const lastId = String(stream.heard.at(-1)?.id);
    stream.close();
    for (const name of ['two b', 'two c']) {
      await api.call('PATCH', `/v1/workspaces/${second.id}`, { body: { name }, claims: { sub: owner } });
    }
    const resumed = await listen(owner, lastId);
    await eventually(() => resumed.heard.map(({ name }) => name)).toEqual(['two c']);
    expect(resumed.heard.map(({ workspaceId }) => workspaceId)).not.toContain(first.id);
    resumed.close();
  });

  it('hears of a change that another process made, through Postgres alone', async () => {
    const owner = newUserId(systemRandom);
    const { id } = (await api.create('theirs', owner)).body;
    const stream = await listen(owner);
    await eventually(() => stream.heard).toHaveLength(1);
    await api.database.database.$client`update workspaces set phase = 'resuming' where id = ${id}`;
    await eventually(() => stream.heard.at(-1)?.phase).toBe('resuming');
    stream.close();
  });

  it('refuses a malformed Last-Event-ID and one stream too many', async () => {
    const owner = newUserId(systemRandom);
    const bad = await listen(owner, 'x');
    expect(bad.response.status).toBe(400);
    const streams = [];
    for (let opened = 0; opened < limits.api.eventStreamsPerUserMax; opened++)
      streams.push(await listen(owner));
    const refused = await listen(owner);
    expect(refused.response.status).toBe(429);
    expect(refused.response.headers.get('retry-after')).toBeTruthy();
    for (const stream of streams) stream.close();
    // A closed one makes room.
    await eventually(async () => {
      const next = await listen(owner);
      next.close();
      return next.response.status;
    }).toBe(200);
  });
});
