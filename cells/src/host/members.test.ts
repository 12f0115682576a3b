/** A host's places, with members of a pool among them. */
import { hostIdSchema, newSandboxId, newWorkspaceId, type SandboxId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { nobody, type SandboxSpec } from '../sandbox/driver.ts';
import { noLink } from '../sandbox/none/driver.ts';
import { LocalSandboxHost } from './local-sandbox-host.ts';
import { NotedDriver, notedGolden, notedGoldens } from './testing/noted-driver.ts';

const signal = new AbortController().signal;
function open(capacity: number) {
  const random = seededRandom(capacity);
  const driver = new NotedDriver(noLink);
  const hostId = hostIdSchema.parse('host-a');
  const host = new LocalSandboxHost({ hostId, driver, capacity, goldens: () => notedGoldens });
  const { pool } = host;
  if (!pool) throw new Error('it has a pool');
  const spec = (sandboxId = newSandboxId(random)): SandboxSpec => ({
    ...{ sandboxId, workspaceId: newWorkspaceId(random), epoch: 1, homeDirectory: '/home' },
    ...{ limits: notedGolden.limits, environment: {} },
  });
  async function add(): Promise<SandboxId> {
    const sandboxId = newSandboxId(random);
    await pool?.add(sandboxId, notedGolden.generation, signal);
    return sandboxId;
  }
  return { driver, host, pool, spec, add };
}

test('a claimed member keeps the place that it had, and is claimed once', async () => {
  const { host, pool, spec, add } = open(2);
  const [member] = [await add(), await add()];
  const both = await Promise.allSettled([pool.claim(spec(member), signal), pool.claim(spec(member), signal)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(host.load()).toMatchObject({ live: 1, starting: 0, members: 1 });
  const claimed = both.find((each) => each.status === 'fulfilled')?.value;
  expect(host.current(claimed!.workspaceId)).toMatchObject({ id: member, epoch: 1 });
});

test('says by which rung what runs here came back, to whoever has not seen it', async () => {
  const { host, pool, spec, add } = open(3);
  const [claimed, started] = [spec(await add()), spec()];
  await pool.claim(claimed, signal);
  await host.start(started, signal);
  expect([claimed, started].map(({ workspaceId }) => host.cameBy(workspaceId))).toEqual(['files', 'cold']);
  await host.adopt(started.workspaceId, 2);
  expect(host.cameBy(started.workspaceId)).toBe('cold');
  await host.stop(started.workspaceId, 2);
  expect(host.cameBy(started.workspaceId)).toBeNull();
});

test('a repeated claim under one epoch gives the sandbox that came of the first', async () => {
  const { pool, spec, add } = open(2);
  const wanted = spec(await add());
  const first = await pool.claim(wanted, signal);
  expect(await pool.claim({ ...wanted, sandboxId: await add() }, signal)).toBe(first);
});

test('what is on its way when its files are cut off is ended as what runs is: a loss to whoever asked for it', async () => {
  const { driver, host, spec } = open(1);
  const started = Promise.withResolvers<void>();
  driver.starting = started.promise;
  const wanted = spec();
  const starting = host.start(wanted, signal);
  await expect.poll(() => host.load().starting).toBe(1);
  const ended = host.endWithoutFiles(wanted.workspaceId);
  started.resolve();
  await Promise.all([starting, ended]);
  await expect.poll(() => host.lastLoss(wanted.workspaceId)).not.toBeNull();
  expect(driver.there.size).toBe(0);
  expect(host.current(wanted.workspaceId)).toBeNull();
});

test('members give way at once to starts: never more sandboxes than places, and every place can be used', async () => {
  const { driver, host, spec, add } = open(3);
  for (let member = 0; member < 3; member++) await add();
  const starts = await Promise.all([spec(), spec(), spec()].map((each) => host.start(each, signal)));
  expect(starts).toHaveLength(3);
  expect(driver.most).toBe(3);
  expect(host.load()).toMatchObject({ live: 3, members: 0 });
  await expect(host.start(spec(), signal)).rejects.toMatchObject({ code: 'capacity_exhausted' });
});

test('a start waits until what gives way to it is gone', async () => {
  const { driver, host, spec, add } = open(1);
  await add();
  const ended = Promise.withResolvers<void>();
  driver.ending = ended.promise;
  const starting = host.start(spec(), signal);
  await expect.poll(() => host.load()).toMatchObject({ starting: 1, members: 0 });
  expect(driver.there.size).toBe(1);
  ended.resolve();
  await starting;
  expect(driver.most).toBe(1);
});

test('one that cannot be ended keeps its place, and the start that needed it fails', async () => {
  const { driver, host, spec, add } = open(1);
  await add();
  driver.ending = Promise.reject(new Error('the host is out of order'));
  await expect(host.start(spec(), signal)).rejects.toThrow('out of order');
  expect(host.load()).toMatchObject({ live: 0, starting: 0, members: 1 });
  driver.ending = Promise.resolve();
  await host.start(spec(), signal);
  expect(driver.most).toBe(1);
});

test('one that is still on its way gives way too, and whoever asked for it hears so', async () => {
  const { driver, host, spec, add } = open(1);
  const restored = Promise.withResolvers<void>();
  driver.restoring = restored.promise;
  const adding = expect(add()).rejects.toMatchObject({ code: 'gone' });
  const starting = host.start(spec(), signal);
  restored.resolve();
  await adding;
  await starting;
  expect(driver.most).toBe(1);
});

test('none is added where no place is free, or while it drains; a drain ends them', async () => {
  const { driver, host, pool, spec, add } = open(2);
  await host.start(spec(), signal);
  const member = await add();
  await expect(add()).rejects.toMatchObject({ code: 'capacity_exhausted' });
  host.refuseNew();
  await expect(pool.claim(spec(member), signal)).rejects.toMatchObject({ code: 'capacity_exhausted' });
  await host.dropMembers();
  expect([...driver.there.values()].map(({ workspaceId }) => workspaceId)).not.toContain(nobody);
  await expect(add()).rejects.toMatchObject({ code: 'capacity_exhausted' });
});

test('what is given up is ended while it is nobody’s, and left alone once it is somebody’s', async () => {
  const { driver, pool, spec, add } = open(3);
  const [given, claimed] = [await add(), await add()];
  await pool.claim(spec(claimed), signal);
  await pool.drop(given);
  await pool.drop(claimed);
  expect([...driver.there.keys()]).toEqual([claimed]);
});

test('one that ends by itself leaves its place, and is claimed no more', async () => {
  const { driver, host, pool, spec, add } = open(1);
  const member = await add();
  driver.there.get(member)?.end({ reason: 'crashed', exitCode: 1, signal: null, stderrTail: '' });
  await expect.poll(() => host.load().members).toBe(0);
  await expect(pool.claim(spec(member), signal)).rejects.toMatchObject({ code: 'gone' });
});
