/** A daemon's server and its controller's client over real TLS, with every certificate that there should not be. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, createServer as createPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controllerName, hostName } from '@cellbook/shared/certificates/names.ts';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, hostIdSchema, newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProcessDriverWith } from '../../sandbox/process/driver.ts';
import { testLimits } from '../../sandbox/testing/limits.ts';
import { startTestHost, type TestHost } from '../../storage/test-volumes.ts';
import { CommandsUnderWay } from '../daemon/commands-under-way.ts';
import { connectPort } from '../daemon/connect-port.ts';
import { createDaemonServer } from '../daemon/daemon-server.ts';
import { createHostDisk } from '../daemon/host-disk.ts';
import { LocalSandboxHost } from '../local-sandbox-host.ts';
import { HostClient } from '../remote/host-client.ts';
import { openLink } from '../remote/open-link.ts';
import { RemoteSandboxHost } from '../remote/remote-sandbox-host.ts';
import { TestAuthority } from '../testing/certificates.ts';
import { hostViewSchema } from '../wire/commands.ts';
import { ClientTls } from './client-tls.ts';
import type { TlsIdentity } from './identity.ts';
import { openControllerIdentity, openServerTls } from './open-tls.ts';
import { contextOf, type ServerTls } from './server-tls.ts';
import { WatchedIdentity } from './watched-identity.ts';

const cellId = cellIdSchema.parse('eu-1');
const hostId = hostIdSchema.parse('eu-1-a');
const controller = { name: controllerName(cellId), use: 'controller' as const };
const host = { name: hostName(cellId, hostId), use: 'host' as const };
const key = 'a key that only this test and its host know';
const { signal } = new AbortController();
const tools = { clock: systemClock, log: silentLogger };
const refusedWith = (problem: string) => ({
  code: 'certificate_refused',
  problem: expect.stringContaining(problem),
});

let directory: string;
let files: TestHost;
let authority: TestAuthority;
let serverTls: ServerTls;
let app: FastifyInstance;
let port: number;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-tls-'));
  files = await startTestHost();
  authority = await TestAuthority.create();
  await authority.write(at('host'), host);
  await authority.write(at('controller'), controller);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await files.close();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const at = (name: string) => join(directory, name);

async function serve(): Promise<void> {
  const opened = await openServerTls({ tlsDirectory: at('host'), cellId, hostId }, tools);
  if (opened === null) throw new Error('there is a directory');
  serverTls = opened;
  const driver = await createProcessDriverWith({ ...tools, stateDirectory: at('state') }, connectPort);
  const local = new LocalSandboxHost({ hostId, driver, capacity: 1 });
  app = createDaemonServer({
    ...{ ...tools, host: local, volumes: files.volumes, key, tls: serverTls, metrics: createMetrics() },
    ...{ commands: new CommandsUnderWay(), disk: createHostDisk(directory), versions: {} },
    memory: { isShort: () => false },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as AddressInfo).port;
  closing.push(async () => {
    for (const { sandboxId } of await local.list()) await local.destroy(sandboxId);
    await app.close();
    serverTls.identity.close();
  });
}

async function clientOf(name: string, url = `https://127.0.0.1:${port}`): Promise<HostClient> {
  const identity = await openControllerIdentity({ tlsDirectory: at(name), cellId }, tools);
  if (identity === null) throw new Error('there is a directory');
  const tls = new ClientTls({ identity, host: host.name, clock: systemClock });
  closing.push(async () => {
    identity.close();
    await tls.close();
  });
  return new HostClient({ hostId, url, key, clock: systemClock, tls });
}

const look = (client: HostClient) => client.call(hostViewSchema, { method: 'GET', path: '/v1/host' });

/** Serves with files that a daemon would refuse to start with: what the other side must find out by itself. */
function serveAs(name: string): void {
  const read = (file: string) => readFileSync(join(at(name), file), 'utf8');
  const { authorities } = serverTls.identity.current;
  const shown = { certificate: read('tls.crt'), key: read('tls.key'), authorities, endsMs: 0 };
  if (!('setSecureContext' in app.server) || typeof app.server.setSecureContext !== 'function')
    throw new Error('the server is one of TLS');
  app.server.setSecureContext(contextOf(shown));
}

describe('the wire between a controller and a host, over TLS', { timeout: 60_000 }, () => {
  it('carries commands and a sandbox’s link, and no link for a stranger', async () => {
    await serve();
    const own = new RemoteSandboxHost({ client: await clientOf('controller'), ...tools });
    closing.push(() => own.close());
    const workspaceId = newWorkspaceId(systemRandom);
    await files.volumes.create(workspaceId);
    const { directory: homeDirectory } = await files.volumes.attach(workspaceId, 1, signal);
    const spec = { sandboxId: newSandboxId(systemRandom), workspaceId, epoch: 1, homeDirectory };
    const {
      id: sandboxId,
      epoch,
      link,
    } = await own.start({ ...spec, limits: testLimits, environment: {} }, signal);
    expect(Object.keys(await link.listKernelspecs())).toContain('python3');

    const stranger = await TestAuthority.create();
    await stranger.write(at('stranger'), controller, stranger.certificate + authority.certificate);
    const opening = openLink(
      ...([await clientOf('stranger'), systemClock, workspaceId, { sandboxId, epoch }, signal] as const),
    );
    await expect(opening).rejects.toMatchObject(refusedWith('no authority'));
    expect(Object.keys(await link.listKernelspecs())).toContain('python3');
    await own.stop(workspaceId, 1);
  });

  it.each([
    [
      'of another host',
      'not for eu-1-a.host.eu-1',
      { name: 'eu-1-b.host.eu-1.cellbook.internal', use: 'host' },
    ],
    [
      'of the same host in another cell',
      'not for',
      { name: 'eu-1-a.host.eu-2.cellbook.internal', use: 'host' },
    ],
    ['for asking, not for serving', 'another use', { ...host, use: 'controller' }],
    ['that has ended', 'has ended', { ...host, validMs: -1_000 }],
    ['that is not valid yet', 'not valid yet', { ...host, nowMs: systemClock.nowMs() + 86_400_000 }],
  ] as const)('the controller refuses a host that shows a certificate %s', async (_of, problem, shown) => {
    await serve();
    await authority.write(at('shown'), shown);
    serveAs('shown');
    const error = look(await clientOf('controller'));
    await expect(error).rejects.toMatchObject({ ...refusedWith(problem), ids: { hostId } });
  });

  it('the controller refuses a host of another authority', async () => {
    await serve();
    await (await TestAuthority.create()).write(at('shown'), host);
    serveAs('shown');
    await expect(look(await clientOf('controller'))).rejects.toMatchObject(refusedWith('no authority'));
  });

  it.each([
    ['of another authority', 'no authority', null],
    ['of a host of this cell', 'another use', host],
    [
      'of another cell’s controller',
      'not for controller.eu-1',
      {
        ...{ name: 'controller.eu-2.cellbook.internal', use: 'controller' as const },
      },
    ],
  ] as const)(
    'the host refuses a controller with a certificate %s, and says why',
    async (_of, problem, shown) => {
      await serve();
      const issuer = shown === null ? await TestAuthority.create() : authority;
      await issuer.write(at('shown'), shown ?? controller, authority.certificate);
      await expect(askAs('shown')).resolves.toMatchObject({ status: 503, body: refusedWith(problem) });
    },
  );

  it('the host refuses a certificate that ends while its connection is open', async () => {
    await serve();
    await authority.write(at('shown'), controller);
    const clock = new ManualClock(systemClock.nowMs());
    serverTls.clock = clock;
    await expect(askAs('shown')).resolves.toMatchObject({ status: 200 });
    clock.advance(limits.certificates.validMs);
    await expect(askAs('shown')).resolves.toMatchObject({ status: 503, body: refusedWith('ended at') });
  });

  it('the host refuses the right key without a certificate, and a certificate without the key', async () => {
    await serve();
    await expect(askAs(null)).resolves.toMatchObject({ body: refusedWith('no certificate') });
    const wrong = askAs('controller', 'Bearer of another key');
    await expect(wrong).resolves.toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    await expect(askAs(null, '', '/healthz')).resolves.toMatchObject({ status: 200 });
  });

  it('a host that speaks no TLS, and a wrong key file, are told as what they are', async () => {
    // As HTTP in plain would.
    const plain = createPlain((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    closing.push(() => plain.close());
    const { port: plainPort } = plain.address() as AddressInfo;
    await expect(look(await clientOf('controller', `https://127.0.0.1:${plainPort}`))).rejects.toMatchObject(
      refusedWith('does not speak TLS'),
    );
    await writeFile(join(at('controller'), 'tls.key'), 'no key');
    await expect(clientOf('controller')).rejects.toMatchObject(refusedWith('no PEM file'));
    await rm(at('controller'), { recursive: true });
    await expect(clientOf('controller')).rejects.toMatchObject(refusedWith('cannot be read'));
  });
});

describe('a rotation, without a restart of either side', { timeout: 60_000 }, () => {
  it('goes from one authority to another in three steps, and serves after each', async () => {
    await serve();
    const client = await clientOf('controller');
    const both = [serverTls.identity, client.tls!.identity];
    const taken = async () => {
      for (const identity of both) await identity.look();
      expect(await look(client)).toMatchObject({ hostId });
    };
    const next = await TestAuthority.create();
    const two = authority.certificate + next.certificate;
    await authority.write(at('host'), host, two);
    await authority.write(at('controller'), controller, two);
    await taken();
    await next.write(at('host'), host, two);
    await taken();
    await next.write(at('controller'), controller, two);
    await taken();
    await next.write(at('host'), host);
    await next.write(at('controller'), controller);
    await taken();
    await authority.write(at('old'), controller, two);
    await expect(askAs('old')).resolves.toMatchObject({ body: refusedWith('no authority') });
  });

  it('keeps the certificate of before while files do not belong together', async () => {
    await serve();
    await writeFile(join(at('host'), 'tls.crt'), 'half a certif');
    await expect(serverTls.identity.look()).rejects.toMatchObject(refusedWith('no PEM file'));
    await (await TestAuthority.create()).write(at('host'), host, authority.certificate);
    await expect(serverTls.identity.look()).rejects.toMatchObject(refusedWith('has signed'));
    expect(await look(await clientOf('controller'))).toMatchObject({ hostId });
  });

  it('looks by itself every few seconds', async () => {
    const clock = new ManualClock(systemClock.nowMs());
    const identity = await WatchedIdentity.open(
      { directory: at('host'), name: host.name },
      { clock, log: silentLogger },
    );
    closing.push(() => identity.close());
    const before = identity.current.certificate;
    await authority.write(at('host'), host);
    const changed = new Promise<TlsIdentity>((resolve) => identity.onChange(resolve));
    clock.advance(limits.certificates.lookEveryMs);
    expect((await changed).certificate).not.toBe(before);
  });
});

/** One request with the certificate of a directory (null: with none), believing whatever host answers. */
async function askAs(name: string | null, authorization = `Bearer ${key}`, path = '/v1/host') {
  const read = (file: string) => readFileSync(join(at(name ?? ''), file), 'utf8');
  const shown = name === null ? {} : { cert: read('tls.crt'), key: read('tls.key') };
  const asking = request({
    ...{ host: '127.0.0.1', port, path, headers: { authorization }, agent: false },
    ...{ ...shown, rejectUnauthorized: false },
  });
  asking.end();
  const [response]: IncomingMessage[] = await once(asking, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response!) chunks.push(chunk);
  return { status: response!.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) };
}
