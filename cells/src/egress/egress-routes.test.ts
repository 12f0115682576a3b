import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { registerEgressRoutes } from './egress-routes.ts';
import { createMemoryEgressLog } from './memory-egress-log.ts';

test('tells a workspace’s connections, newest first, and no other’s', async () => {
  const random = seededRandom(7);
  const [workspaceId, other] = [newWorkspaceId(random), newWorkspaceId(random)];
  const log = createMemoryEgressLog();
  const common = { sandboxId: newSandboxId(random), durationMs: 3, port: 443, bytesUp: 1, bytesDown: 2 };
  const refused = { address: null, result: 'not_allowed' as const };
  const record = () => ({ ...common, recordId: random.uuid() });
  await log.append([
    {
      ...record(),
      workspaceId,
      startedAtMs: 1_000,
      host: 'pypi.org',
      address: '151.101.0.223',
      result: 'ok',
    },
    { ...record(), workspaceId, startedAtMs: 2_000, host: 'evil.example', ...refused },
    { ...record(), workspaceId: other, startedAtMs: 3_000, host: 'pypi.org', ...refused },
  ]);
  const app = fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  registerEgressRoutes(app, log);
  const path = `/v1/workspaces/${workspaceId}/egress`;
  const shown = { durationMs: 3, port: 443, bytesUp: 1, bytesDown: 2 };
  expect((await app.inject(path)).json()).toEqual({
    connections: [
      { ...shown, startedAt: '1970-01-01T00:00:02.000Z', host: 'evil.example', ...refused },
      {
        ...shown,
        startedAt: '1970-01-01T00:00:01.000Z',
        host: 'pypi.org',
        address: '151.101.0.223',
        result: 'ok',
      },
    ],
  });
  expect((await app.inject(`${path}?limit=1`)).json().connections).toHaveLength(1);
  for (const limit of ['0', '201', 'x'])
    expect((await app.inject(`${path}?limit=${limit}`)).statusCode).toBe(400);
  await app.close();
});
