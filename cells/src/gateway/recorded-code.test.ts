/** Code over a socket: recorded before it runs where the organisation asked for it, and nowhere else. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AuditPolicy } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, expect, test } from 'vitest';
import { createMemoryAuditStore } from '../audit/store/memory-audit-store.ts';
import { createTestAudit, type TestAudit } from '../audit/testing/test-audit.ts';
import { FakeSandbox } from './testing/fake-sandbox.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
let audit: TestAudit;
afterEach(() => server.close());

async function start(wants: AuditPolicy, isLegacy = false) {
  audit = createTestAudit(createMemoryAuditStore(), systemClock);
  server = await startTestServer({
    start: async (workspaceId, epoch) => new FakeSandbox(newSandboxId(systemRandom), workspaceId, epoch),
    stop: async (sandbox) => (sandbox as FakeSandbox).end({ reason: 'stopped' }),
    ...{ audit: audit.log, wants },
  });
  const kernelId = await server.startKernel();
  return { kernelId, client: await server.connect(kernelId, { sessionId: 'tab', isLegacy }) };
}
const codes = async () => (await audit.events()).map(({ code }) => code?.text);

test('by default no code is recorded', async () => {
  const { client } = await start({ reads: true });
  await client.run('print hello', 'first');
  expect(await audit.events()).toEqual([]);
});

test.each([false, true])(
  'where it was asked for, each execution is, in order (legacy framing: %s)',
  async (isLegacy) => {
    const { client, kernelId } = await start({ code: true }, isLegacy);
    await client.run('print one', 'first');
    await client.run('print two', 'second');
    expect(await codes()).toEqual(['print one', 'print two']);
    expect((await audit.events())[0]).toMatchObject({
      who: { kind: 'user' },
      what: 'kernel.execute',
      which: { kind: 'workspace', id: server.workspaceId },
      details: { kernel: kernelId },
      code: { bytes: 9 },
    });
  },
);

test('of long code the beginning is recorded, with its length and digest', async () => {
  const { client } = await start({ code: true });
  const code = `print ${'x'.repeat(limits.audit.kernelCodeCharsMax)}`;
  await client.run(code, 'first');
  const [event] = await audit.events();
  expect(event?.code).toMatchObject({
    bytes: code.length,
    text: code.slice(0, limits.audit.kernelCodeCharsMax),
  });
});

test('code that cannot be recorded is not run: the socket closes and its client comes back', async () => {
  const { client, kernelId } = await start({ code: true });
  audit.fail(true);
  client.send({
    channel: 'shell',
    msgType: 'execute_request',
    msgId: 'lost',
    content: { code: 'print never' },
  });
  await client.until(() => client.closed !== null);
  expect(client.closed).toMatchObject({ code: 1012 });
  audit.fail(false);
  const again = await server.connect(kernelId, { sessionId: 'tab' });
  await again.run('print after', 'then');
  expect(again.texts.trim()).toBe('after');
  expect(await codes()).toEqual(['print after']);
});
