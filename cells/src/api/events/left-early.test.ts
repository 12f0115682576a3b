import { newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { type ApiServer, startApiServer } from '../testing/api-server.ts';

let api: ApiServer;
const gate = Promise.withResolvers<void>();
let held = 0;
beforeAll(async () => {
  api = await startApiServer({
    home: async () => ({
      epoch: () => null,
      cellNamed: () => null,
      async check() {
        held += 1;
        await gate.promise;
      },
      take: () => Promise.reject(new Error('no pins here')),
      preview: async () => [],
    }),
  });
});
afterAll(() => api?.stop());

test('streams whose clients left before they were answered take nobody’s place', async () => {
  const headers = { [principalHeader]: await api.edge.sign({ sub: newUserId(systemRandom) }) };
  const abort = new AbortController();
  const left = Array.from({ length: limits.api.eventStreamsPerUserMax }, () =>
    fetch(`${api.url}/v1/events`, { headers, signal: abort.signal }).catch(() => null),
  );
  await eventually(() => held).toBe(left.length);
  abort.abort();
  await Promise.all(left);
  const connections = () =>
    new Promise((resolve) => api.app.server.getConnections((_error, count) => resolve(count)));
  await eventually(connections).toBe(0);
  gate.resolve();
  const stays = new AbortController();
  const answered = await fetch(`${api.url}/v1/events`, { headers, signal: stays.signal });
  expect(answered.status).toBe(200);
  stays.abort();
});
