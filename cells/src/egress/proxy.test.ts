/** One sandbox's proxy over its real socket, and real servers behind it; names resolve as each test says. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { createAuthority, issueCertificate } from '@cellbook/shared/certificates/authority.ts';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Egress } from './egress.ts';
import type { EgressLog } from './egress-log.ts';
import { socketName } from './inside.ts';
import { createMemoryEgressLog } from './memory-egress-log.ts';
import { packageIndexes, ruleSchema } from './rules.ts';

let directory: string;
let log: EgressLog;
let egress: Egress;
let names: Record<string, string[]>;
let port: number;
const workspaceId = newWorkspaceId(systemRandom);
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-egress-'));
  log = createMemoryEgressLog();
  names = { 'mirror.test': ['127.0.0.1'] };
});
afterEach(async () => {
  await egress?.closeAll();
  for (const close of closing.splice(0).reverse()) await close();
  await rm(directory, { recursive: true, force: true });
});

async function listen<Made extends Server>(server: Made): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that lets `mirror.test` pass at the port, privately and with TLS unless told otherwise. */
async function serve(rule: object = {}, tier: Tier = 'free'): Promise<void> {
  const own = ruleSchema.parse({ host: 'mirror.test', ports: [port], isPrivate: true, ...rule });
  egress = new Egress({
    ...{ policy: { rules: [own, ...packageIndexes], indexUrl: null }, log, clock: systemClock },
    ...{ logger: silentLogger, metrics: createMetrics(), random: systemRandom },
    async resolve(host) {
      const found = names[host];
      if (!found) throw new Error('no such name');
      return found;
    },
  });
  await egress.open({ sandboxId: newSandboxId(systemRandom), workspaceId, tier }, directory);
}

const socketPath = () => join(directory, socketName);

interface Tunnel {
  status: number | undefined;
  reason: string | undefined;
  socket: Socket;
}

async function open(authority: string): Promise<Tunnel> {
  const asking = request({ socketPath: socketPath(), method: 'CONNECT', path: authority, agent: false });
  asking.end();
  const [response, socket] = await new Promise<[IncomingMessage, Socket]>((resolve, reject) => {
    asking.once('connect', (answer, joined: Socket) => resolve([answer, joined]));
    asking.once('error', reject);
  });
  socket.on('error', () => {});
  closing.push(() => socket.destroy());
  return { status: response.statusCode, reason: response.statusMessage, socket };
}

const results = async () => {
  await egress.closeAll();
  return (await log.list(workspaceId, 100)).map(({ result }) => result);
};

async function echoServer(): Promise<void> {
  port = await listen(createTcp({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)));
}

async function tlsServer(): Promise<string> {
  const authority = await createAuthority('a test', systemClock.nowMs(), systemRandom);
  const wanted = { name: 'mirror.test', use: 'host' as const, nowMs: systemClock.nowMs() };
  const { certificate, key } = await issueCertificate(authority, wanted, systemRandom);
  port = await listen(createTls({ cert: certificate, key }, (socket) => void socket.end('hello over TLS')));
  return authority.certificate;
}

const textOf = async (socket: NodeJS.ReadableStream): Promise<string> => {
  let text = '';
  for await (const chunk of socket) text += chunk.toString();
  return text;
};

describe('a tunnel', () => {
  it('carries TLS to the name that was asked for, and is recorded with its bytes', async () => {
    const ca = await tlsServer();
    await serve();
    const { status, socket } = await open(`mirror.test:${port}`);
    expect(status).toBe(200);
    const secure = connectTls({ socket, servername: 'mirror.test', ca });
    expect(await textOf(secure)).toBe('hello over TLS');
    const recorded = { host: 'mirror.test', port, address: '127.0.0.1', result: 'ok' };
    await expect.poll(() => log.list(workspaceId, 10), { timeout: 10_000 }).toMatchObject([recorded]);
    const [record] = await log.list(workspaceId, 1);
    expect(record?.bytesUp).toBeGreaterThan(200);
    expect(record?.bytesDown).toBeGreaterThan(500);
  });

  it('carries no TLS to another name at the same address, none without a name, and nothing else', async () => {
    await tlsServer();
    await serve();
    for (const options of [{ servername: 'other.test' }, {}]) {
      const { socket } = await open(`mirror.test:${port}`);
      const secure = connectTls({ socket, ...options, rejectUnauthorized: false });
      await expect(once(secure, 'secureConnect')).rejects.toThrow();
    }
    const { socket } = await open(`mirror.test:${port}`);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket.resume(), 'close');
    expect(await results()).toEqual(['name_refused', 'name_refused', 'name_refused']);
  });

  it('is refused to every name, address and port that no rule has, with the reason in the status', async () => {
    await echoServer();
    await serve({ tls: false });
    const elsewhere = [
      'evil.example:443',
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      'mirror.test:22',
      '[::1]:80',
    ];
    const other = ['169.254.169.254:80', 'pypi.org:80', 'x', 'mirror.test:99999', '2130706433:80'];
    for (const authority of [...elsewhere, ...other]) {
      const { status, reason } = await open(authority);
      expect([authority, status]).toEqual([authority, 403]);
      if (authority === 'evil.example:443') expect(reason).toContain('evil.example:443 is not on the list');
    }
    expect(new Set(await results())).toEqual(new Set(['not_allowed']));
  });

  it.each([
    ['metadata', ['169.254.169.254']],
    ['this machine', ['127.0.0.1']],
    ['a neighbour', ['10.0.0.7', '192.168.1.1', 'fd00::1']],
    ['this machine, by IPv6', ['::ffff:127.0.0.1']],
  ])('is refused where an allowed name leads to %s', async (_what, addresses) => {
    await echoServer();
    await serve({ tls: false, isPrivate: false });
    names['mirror.test'] = addresses;
    expect(await open(`mirror.test:${port}`)).toMatchObject({ status: 403 });
    expect(await results()).toEqual(['address_refused']);
  });

  it('is connected to the address that was judged, however the name answers afterwards', async () => {
    await echoServer();
    await serve({ tls: false });
    const asked: string[] = [];
    names = new Proxy(names, {
      get: (_target, name) => {
        asked.push(String(name));
        return asked.length === 1 ? ['169.254.169.254', '127.0.0.1'] : ['169.254.169.254'];
      },
    });
    const { socket, status } = await open(`mirror.test:${port}`);
    expect(status).toBe(200);
    expect(asked).toEqual(['mirror.test']);
    socket.end('echoed');
    expect(await textOf(socket)).toBe('echoed');
    await egress.closeAll();
    expect(await log.list(workspaceId, 10)).toMatchObject([
      { address: '127.0.0.1', bytesUp: 6, bytesDown: 6 },
    ]);
  });

  it('says when a name is unknown, or nobody answers', async () => {
    await echoServer();
    await serve({ tls: false, ports: [port, 1] });
    expect(await open('mirror.test:1')).toMatchObject({ status: 504 });
    delete names['mirror.test'];
    expect(await open(`mirror.test:${port}`)).toMatchObject({ status: 502 });
    expect(await results()).toEqual(expect.arrayContaining(['unresolved', 'unreachable']));
  });

  it('keeps to its places, and gives them back', async () => {
    await echoServer();
    await serve({ tls: false });
    const max = limits.egress.connectionsMaxByTier.free;
    const tunnels = await Promise.all(Array.from({ length: max }, () => open(`mirror.test:${port}`)));
    expect(tunnels.every(({ status }) => status === 200)).toBe(true);
    expect(await open(`mirror.test:${port}`)).toMatchObject({ status: 429 });
    tunnels[0]?.socket.end();
    tunnels[0]?.socket.resume();
    await expect.poll(async () => (await open(`mirror.test:${port}`)).status, { timeout: 10_000 }).toBe(200);
  });

  it('ends when the day’s bytes are used up, those of earlier sandboxes included', async () => {
    await echoServer();
    const left = 1_000;
    const whose = { workspaceId, sandboxId: newSandboxId(systemRandom), recordId: 'before' };
    const record = { ...whose, startedAtMs: systemClock.nowMs() };
    const before = {
      ...record,
      durationMs: 1,
      host: 'pypi.org',
      port: 443,
      address: null,
      result: 'ok' as const,
    };
    const bytesUp = limits.egress.bytesUpPerDayByTier.free - left;
    await log.append([{ ...before, bytesUp, bytesDown: 0 }]);
    await serve({ tls: false });
    const { socket } = await open(`mirror.test:${port}`);
    socket.write(Buffer.alloc(left - 1));
    await once(socket, 'data');
    socket.write('x');
    await once(socket.resume(), 'close');
    expect(await open(`mirror.test:${port}`)).toMatchObject({ status: 429 });
    expect((await results()).slice(0, 2)).toEqual(['over_quota', 'over_quota']);
  });

  it('breaks when its sandbox is gone, and is recorded so', async () => {
    await echoServer();
    await serve({ tls: false });
    const { socket } = await open(`mirror.test:${port}`);
    const closed = once(socket.resume(), 'close');
    expect(await results()).toEqual(['broken']);
    await closed;
    await expect(open(`mirror.test:${port}`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a request in plain', () => {
  const get = async (url: string, more: object = {}) => {
    const asking = request({ socketPath: socketPath(), path: url, agent: false, ...more });
    asking.end();
    const [response]: IncomingMessage[] = await once(asking, 'response');
    return { status: response?.statusCode, headers: response?.headers, text: await textOf(response!) };
  };
  const httpServer = async () => {
    port = await listen(
      createHttp((incoming, outgoing) => {
        outgoing.setHeader('seen', JSON.stringify(incoming.headers));
        outgoing.end(`${incoming.method} ${incoming.url}`);
      }),
    );
  };

  it('goes to a mirror that speaks no TLS, without what is between neighbours', async () => {
    await httpServer();
    await serve({ tls: false });
    const headers = { 'proxy-authorization': 'x', connection: 'close, x-mine', 'x-mine': '1', accept: 'a/b' };
    const {
      status,
      text,
      headers: answered,
    } = await get(`http://mirror.test:${port}/simple/?a=b`, { headers });
    expect([status, text]).toEqual([200, 'GET /simple/?a=b']);
    const seen = JSON.parse(String(answered?.seen));
    expect(seen).toEqual({ accept: 'a/b', host: `mirror.test:${port}`, connection: 'close' });
    expect(await results()).toEqual(['ok']);
  });

  it('goes nowhere else, and not to a name of TLS', async () => {
    await httpServer();
    await serve();
    for (const url of [
      `http://mirror.test:${port}/`,
      `http://127.0.0.1:${port}/`,
      'http://169.254.169.254/latest',
    ])
      expect(await get(url)).toMatchObject({ status: 403, headers: { 'cellbook-egress': 'not_allowed' } });
    expect(await get('/healthz')).toMatchObject({ status: 403 });
    expect(await get('https://mirror.test/')).toMatchObject({ status: 403 });
  });
});

it('turns away who tries too much, without a record for each', async () => {
  const clock = new ManualClock(systemClock.nowMs());
  egress = new Egress({
    ...{ policy: { rules: packageIndexes, indexUrl: null }, log, clock, logger: silentLogger },
    ...{ metrics: createMetrics(), random: systemRandom, resolve: async () => [] },
  });
  await egress.open({ sandboxId: newSandboxId(systemRandom), workspaceId, tier: 'free' }, directory);
  const max = limits.egress.attemptsPerMinuteMax;
  const statuses: unknown[] = [];
  for (let i = 0; i < max + 5; i++) statuses.push((await open('evil.example:443')).status);
  expect(statuses.slice(0, max).every((status) => status === 403)).toBe(true);
  expect(statuses.slice(max)).toEqual(Array(5).fill(429));
  await clock.advance(60_000);
  expect(await open('evil.example:443')).toMatchObject({ status: 403 });
  await egress.closeAll();
  expect(await log.list(workspaceId, 2 * max)).toHaveLength(max + 1);
});
