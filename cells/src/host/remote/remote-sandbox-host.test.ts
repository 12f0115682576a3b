/** Controllers and one daemon over real connections and real supervisors; several controllers, as after a take-over. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newSandboxId, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SandboxSpec } from '../../sandbox/driver.ts';
import { createProcessDriverWith } from '../../sandbox/process/driver.ts';
import { testLimits } from '../../sandbox/testing/limits.ts';
import { imageKeySchema } from '../../snapshots/image-key.ts';
import { startTestHost, type TestHost } from '../../storage/test-volumes.ts';
import { CommandsUnderWay } from '../daemon/commands-under-way.ts';
import { connectPort, type PortedSandbox } from '../daemon/connect-port.ts';
import { createDaemonServer } from '../daemon/daemon-server.ts';
import { drainHost } from '../daemon/drain-host.ts';
import { createHostDisk } from '../daemon/host-disk.ts';
import { openEpochBook } from '../epoch-book.ts';
import { Hosts } from '../hosts.ts';
import { LocalSandboxHost } from '../local-sandbox-host.ts';
import { type Network, startNetwork } from '../testing/network.ts';
import { HostClient } from './host-client.ts';
import { RemoteSandboxHost } from './remote-sandbox-host.ts';

const key = 'a key that only this test and its host know';
const hostId = hostIdSchema.parse('eu-1-a');
const { signal } = new AbortController();

let directory: string;
let files: TestHost;
let host: LocalSandboxHost<PortedSandbox>;
let app: FastifyInstance;
let controllers: RemoteSandboxHost[];
let network: Network | null;
let commands: CommandsUnderWay;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-daemon-'));
  files = await startTestHost();
  const state = { stateDirectory: join(directory, 'state'), clock: systemClock, log: silentLogger };
  const driver = await createProcessDriverWith(state, connectPort);
  const epochs = await openEpochBook(join(directory, 'epochs'));
  host = new LocalSandboxHost({ hostId, driver, capacity: 1, epochs });
  const metrics = createMetrics();
  const tools = { clock: systemClock, log: silentLogger, metrics, versions: {} };
  commands = new CommandsUnderWay();
  const disk = createHostDisk(directory);
  const memory = { isShort: () => true };
  app = createDaemonServer({ host, volumes: files.volumes, disk, memory, key, commands, ...tools });
  await app.listen({ host: '127.0.0.1', port: 0 });
  controllers = [];
  network = null;
});
afterEach(async () => {
  for (const controller of controllers) controller.close();
  await network?.close();
  for (const { sandboxId } of await host.list()) await host.destroy(sandboxId);
  await app.close();
  await files.close();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const ownPort = () => (app.server.address() as AddressInfo).port;

function controller(withKey = key, port = ownPort(), clock: Clock = systemClock): RemoteSandboxHost {
  const client = new HostClient({ hostId, url: `http://127.0.0.1:${port}`, key: withKey, clock });
  const made = new RemoteSandboxHost({ client, clock, log: silentLogger });
  controllers.push(made);
  return made;
}

async function spec(workspaceId: WorkspaceId, epoch: number): Promise<SandboxSpec> {
  await files.volumes.create(workspaceId);
  const { directory: homeDirectory } = await files.volumes.attach(workspaceId, epoch, signal);
  const sandboxId = newSandboxId(systemRandom);
  return { sandboxId, workspaceId, epoch, homeDirectory, limits: testLimits, environment: {} };
}

describe('a host behind its daemon', { timeout: 60_000 }, () => {
  it('is told which image to open ahead, with its key', async () => {
    const opened: unknown[] = [];
    host.openAhead = (...asked) => void opened.push(asked);
    const workspaceId = newWorkspaceId(systemRandom);
    const image = { of: newSandboxId(systemRandom), key: imageKeySchema.parse(systemRandom.bytes(32)) };
    controller().openAhead(workspaceId, image);
    await expect.poll(() => opened, { timeout: 30_000 }).toEqual([[workspaceId, image]]);
  });

  it('gives a newer controller the sandbox as it is, and refuses the older one everything', async () => {
    const id = newWorkspaceId(systemRandom);
    const [older, newer] = [controller(), controller()];
    const started = await older.start(await spec(id, 1), signal);
    const cut = new Promise<void>((resolve) => started.link.on('closed', resolve));

    const adopted = await newer.adopt(id, 2, signal);
    expect(adopted).toMatchObject({ id: started.id, epoch: 2 });
    expect(newer.cameBy(id)).toBe('cold');
    await cut;
    expect(older.current(id)).toBeNull();
    const stale = { code: 'stale_epoch' };
    await expect(older.stop(id, 1)).rejects.toMatchObject(stale);
    await expect(older.adopt(id, 1, signal)).rejects.toMatchObject(stale);
    await expect(older.start({ ...(await spec(id, 2)), epoch: 1 }, signal)).rejects.toMatchObject(stale);
    expect(await newer.list()).toMatchObject([{ sandboxId: started.id, epoch: 2, attached: true }]);

    // What was said of an earlier one is not said of this one.
    vi.spyOn(host, 'cameBy').mockReturnValue(null);
    await newer.adopt(id, 2, signal);
    expect(newer.cameBy(id)).toBeNull();

    expect(await adopted?.link.takeOver()).toEqual({ kernels: [], terminals: [] });
    expect(Object.keys((await adopted?.link.listKernelspecs()) ?? {})).toContain('python3');
  });

  it('refuses an older owner once a newer one has dropped his image, and drops none for the older', async () => {
    const [workspaceId, image] = [newWorkspaceId(systemRandom), newSandboxId(systemRandom)];
    const [older, newer] = [controller(), controller()];
    await newer.dropImage(image, { workspaceId, epoch: 2 });
    const stale = { code: 'stale_epoch' };
    await expect(older.dropImage(image, { workspaceId, epoch: 1 })).rejects.toMatchObject(stale);
    await expect(older.stop(workspaceId, 1)).rejects.toMatchObject(stale);
    // What nothing refers to is nobody's.
    await newer.dropImage(image);
  });

  it('refuses an older epoch after its own restart, with nothing running', async () => {
    const id = newWorkspaceId(systemRandom);
    await controller().stop(id, 7);
    const epochs = await openEpochBook(join(directory, 'epochs'));
    expect([...epochs.known()]).toEqual([[id, 7]]);
  });

  it('goes on with the same sandbox when only the connection was lost', async () => {
    const id = newWorkspaceId(systemRandom);
    const own = controller();
    const lost: WorkspaceId[] = [];
    own.onLost((workspaceId) => lost.push(workspaceId));
    const before = await own.start(await spec(id, 1), signal);
    host.current(id)?.port.cut();
    await expect.poll(() => lost).toEqual([id]);
    expect(own.current(id)).toBeNull();
    expect(await own.look(id)).toBe('there');

    const after = await own.adopt(id, 1, signal);
    expect(after?.id).toBe(before.id);
    expect(after?.exited).toBe(before.exited);
    await own.stop(id, 1);
    expect(await before.exited).toEqual({ reason: 'stopped' });
    expect(await own.look(id)).toBe('none');
  });

  it('lets go of a host that has fallen silent behind open connections, and goes on when it answers again', async () => {
    const id = newWorkspaceId(systemRandom);
    const between = await startNetwork(ownPort());
    network = between;
    const clock = new ManualClock();
    const own = controller(key, between.port, clock);
    const lost: WorkspaceId[] = [];
    own.onLost((workspaceId) => lost.push(workspaceId));
    const before = await own.start(await spec(id, 1), signal);
    const { watchEveryMs, watchDeadlineMs, silencesMax } = limits.host;
    await clock.advance(watchEveryMs);
    await expect.poll(() => between.asked('/v1/host/state')).toBe(1);
    between.cut();
    // Until it has been silent for long enough it may only be slow.
    const silenceMs = silencesMax * (watchEveryMs + watchDeadlineMs);
    const step = async () => {
      await clock.advance(watchEveryMs / 2);
      return lost;
    };
    await step();
    expect(own.current(id)).not.toBeNull();
    const cutAtMs = clock.monotonicMs();
    await expect.poll(step, { timeout: 20_000, interval: 5 }).toEqual([id]);
    expect(clock.monotonicMs() - cutAtMs).toBeLessThanOrEqual(silenceMs + watchEveryMs);
    expect([own.current(id), own.isOpen]).toEqual([null, false]);
    between.mend();
    expect(await own.look(id)).toBe('there');
    const after = await own.adopt(id, 1, signal);
    expect(after?.id).toBe(before.id);
    expect(await after?.link.takeOver()).toEqual({ kernels: [], terminals: [] });
  });

  it('tells its lifecycle within a second that a host drains, without being asked anything', async () => {
    const id = newWorkspaceId(systemRandom);
    const clock = new ManualClock();
    const own = controller(key, ownPort(), clock);
    await own.start(await spec(id, 1), signal);
    const told: WorkspaceId[] = [];
    own.onLost((workspaceId) => told.push(workspaceId));
    host.refuseNew();
    await clock.advance(limits.host.watchEveryMs);
    await expect.poll(() => told).toEqual([id]);
    expect([own.isDraining, own.current(id)?.workspaceId]).toEqual([true, id]);
  });

  it('says how a sandbox ended that was not asked to', async () => {
    const id = newWorkspaceId(systemRandom);
    const own = controller();
    const sandbox = await own.start(await spec(id, 1), signal);
    // Its supervisor ends when its input breaks the framing: the daemon takes only frames, so the port is told.
    host.current(id)?.port.close();
    expect(await sandbox.exited).toMatchObject({ reason: 'crashed', signal: 'SIGKILL' });
    expect(own.lastLoss(id)).toMatchObject({ reason: 'crashed' });
    expect(own.current(id)).toBeNull();
  });

  it('keeps its capacity, whoever asks, and tells it with every answer', async () => {
    const own = controller();
    const ids = [newWorkspaceId(systemRandom), newWorkspaceId(systemRandom)];
    const specs = await Promise.all(ids.map((id) => spec(id, 1)));
    const outcomes = await Promise.allSettled(specs.map((each) => own.start(each, signal)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'capacity_exhausted', retryAfterMs: expect.any(Number) },
    });
    await own.list();
    expect(own.load()).toEqual({
      live: 1,
      frozen: 0,
      starting: 0,
      members: 0,
      capacity: 1,
      memoryShort: true,
    });
  });

  it('starts nothing over a directory that is not the workspace’s own', async () => {
    const id = newWorkspaceId(systemRandom);
    const other = { ...(await spec(id, 1)), homeDirectory: '/etc' };
    await expect(controller().start(other, signal)).rejects.toMatchObject({ code: 'conflict' });
    expect(await host.list()).toEqual([]);
  });

  it('does not end its drain in the middle of a command, and counts none that is over or was refused', async () => {
    const id = newWorkspaceId(systemRandom);
    const own = controller();
    await own.look(id);
    await controller('another key, of the right length').look(id);
    expect(commands.count).toBe(0);
    await spec(id, 1);
    const { volumes } = files;
    const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const detach = volumes.detach.bind(volumes);
    vi.spyOn(volumes, 'detach').mockImplementation(async (...given) => {
      await detach(...given);
      begun.resolve();
      await mayEnd.promise;
    });
    let answered: number | null = null;
    const { port } = app.server.address() as AddressInfo;
    const asking = fetch(`http://127.0.0.1:${port}/v1/workspaces/${id}/files/detach`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ epoch: 1 }),
    }).then(({ status }) => {
      answered = status;
    });
    await begun.promise;
    expect(volumes.live()).toEqual([]);
    let isDrained = false;
    const clock = new ManualClock();
    const hasUnsent = async () => false;
    const drained = drainHost({ host, volumes, commands, hasUnsent, clock, log: silentLogger }).then(() => {
      isDrained = true;
    });
    await host.list();
    await clock.advance(limits.host.drainLookMs);
    expect(isDrained).toBe(false);
    mayEnd.resolve();
    await asking;
    expect(answered).toBe(200);
    await expect.poll(() => commands.count).toBe(0);
    const looksAgain = async () => {
      await clock.advance(limits.host.drainLookMs);
      return isDrained;
    };
    await expect.poll(looksAgain).toBe(true);
    await drained;
  });

  it('drains also where sandboxes that are nobody’s do not end', async () => {
    vi.spyOn(host, 'dropMembers').mockRejectedValue(new Error('one of them is stuck'));
    const error = vi.spyOn(silentLogger, 'error');
    const { volumes } = files;
    const hasUnsent = async () => false;
    await drainHost({ host, volumes, commands, hasUnsent, clock: systemClock, log: silentLogger });
    expect(host.isDraining).toBe(true);
    expect(error).toHaveBeenCalledOnce();
    error.mockRestore();
  });

  it('counts no place on a host that does not answer', async () => {
    const own = controller();
    const hosts = new Hosts([own]);
    await own.list();
    expect(hosts.load().capacity).toBe(1);
    await app.close();
    await expect(own.list()).rejects.toThrow();
    expect(hosts.load().capacity).toBe(0);
  });

  it('tells unknown from none while it does not answer, and lets nobody in without the key', async () => {
    const id = newWorkspaceId(systemRandom);
    expect(await controller('another key, of the right length').look(id)).toBe('unknown');
    const own = controller();
    expect(await own.look(id)).toBe('none');
    expect(own.isOpen).toBe(true);
    await app.close();
    const warn = vi.spyOn(silentLogger, 'warn');
    for (let look = 0; look < 3; look++) expect(await own.look(id)).toBe('unknown');
    expect(own.isOpen).toBe(false);
    // Every workspace there is looked at every second: that it is silent is told once.
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
