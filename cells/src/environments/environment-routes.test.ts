import { ManualClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { MemoryIdempotencyStore } from '../api/idempotency/memory-idempotency-store.ts';
import { registerEnvironmentRoutes } from './environment-routes.ts';
import type { Environment } from './environment-store.ts';
import { emptyLayer } from './swap.ts';

test('tells what is installed and what was, gives its lockfile, and resets to what is asked for', async () => {
  const random = seededRandom(7);
  const workspaceId = newWorkspaceId(random);
  const other = newWorkspaceId(random);
  const packages = [
    { name: 'alpha', version: '1.0', record: null, url: null },
    { name: 'beta', version: '2', record: null, url: 'https://example.org/beta.whl' },
    { name: 'local', version: '3', record: null, url: 'file:///home/user/local' },
  ];
  const layer = { ...emptyLayer(1_000), root: 'a'.repeat(64), files: 3, bytes: 9, packages };
  const stored: Environment = {
    ...{ workspaceId, orgId: newOrgId(random), state: 'ready', problem: null, layer },
    previous: emptyLayer(500),
  };
  const asked: unknown[] = [];
  const app = fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request) => {
    Object.assign(request, { principal: { sub: 'user-1', org: 'org-1' } });
  });
  registerEnvironmentRoutes(
    app,
    { idempotency: new MemoryIdempotencyStore(), clock: new ManualClock(), random },
    {
      store: { read: async (id) => (id === workspaceId ? stored : null) },
      volumes: {
        async resetEnvironment(id, to) {
          asked.push([id, to]);
        },
      },
    },
  );
  const path = `/v1/workspaces/${workspaceId}/environment`;
  expect((await app.inject(path)).json()).toEqual({
    ...{ digest: 'a'.repeat(64), state: 'ready', problem: null, files: 3, bytes: 9, packages },
    storedAt: '1970-01-01T00:00:01.000Z',
    previous: { digest: null, packages: 0, storedAt: '1970-01-01T00:00:00.500Z' },
  });
  const lock = await app.inject(`${path}/lock`);
  expect(lock.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(lock.body).toBe('alpha==1.0\nbeta @ https://example.org/beta.whl\nlocal==3\n');
  const nothing = await app.inject(`/v1/workspaces/${other}/environment`);
  expect(nothing.json()).toMatchObject({ digest: null, packages: [], storedAt: null, previous: null });
  for (const body of [{ to: 'previous' }, { to: 'empty' }, {}])
    expect((await app.inject({ method: 'POST', url: `${path}/reset`, payload: body })).statusCode).toBe(200);
  expect(asked).toEqual(['previous', 'empty', 'empty'].map((to) => [workspaceId, to]));
  const wrong = await app.inject({ method: 'POST', url: `${path}/reset`, payload: { to: 'x' } });
  expect(wrong.statusCode).toBe(400);
  await app.close();
});
