/** Publishing pins on the real edge and real cells, with users who go on working meanwhile. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { regionIdSchema, type UserId, userIdSchema } from '@cellbook/shared/ids.ts';
import { layoutDocument } from '@cellbook/shared/pins/build.ts';
import { bucketCount, bucketOf, cellIn, type Layout, rankOf } from '@cellbook/shared/pins/pins.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { call } from '../client/http.ts';
import { createToken, signIn } from '../client/sign-in.ts';
import { checkoutDirectory } from '../up/config.ts';
import { waitUntil } from '../up/wait-until.ts';
import {
  type ChangeOptions,
  joinCell,
  publishFile,
  rollBackPins,
  showPins,
  verifyPinsOf,
} from './commands.ts';
import { openPins } from './context.ts';
import { settledLayout } from './publish.ts';
import { type SmallPlatform, startSmallPlatform } from './testing/small-platform.ts';

const region = regionIdSchema.parse('eu');
const options: ChangeOptions = { steps: [0.5, 1], soakMs: 0, without: [], unverified: false };
const unverified = { ...options, unverified: true };

let platform: SmallPlatform;
beforeAll(async () => {
  platform = await startSmallPlatform(['eu-1', 'eu-2']);
}, 120_000);
afterAll(() => platform?.stop(), 60_000);

const listSchema = z.object({ workspaces: z.array(z.unknown()) });

interface User {
  id: UserId;
  /** The status of one of his requests, and how many workspaces it lists. */
  list(): Promise<{ status: number; workspaces: number }>;
  create(): Promise<number>;
}

async function newUser(): Promise<User> {
  const email = `${systemRandom.uuid()}@cellbook.test`;
  const cookie = await signIn(platform.url, { email, name: 'Test' });
  const { token } = await createToken(platform.url, cookie, { name: 'test' });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    id: userIdSchema.parse(decodeJwt(token).sub),
    async list() {
      const answer = await fetch(`${platform.url}/v1/workspaces`, { headers });
      const { data } = listSchema.safeParse(await answer.json());
      return { status: answer.status, workspaces: data?.workspaces.length ?? 0 };
    },
    create: async () =>
      (
        await call(platform.url, {
          ...{ method: 'POST', path: '/v1/workspaces', body: '{"name":"kept"}' },
          headers: { ...headers, 'idempotency-key': systemRandom.uuid() },
        })
      ).status,
  };
}

/** Somebody whose bucket is, or is not, among those of a canary of half of them. */
async function userInCanary(isIn: boolean): Promise<User> {
  for (;;) {
    const user = await newUser();
    if (rankOf(bucketOf(user.id)) < bucketCount / 2 === isIn) return user;
  }
}

/** Somebody new who comes to live there. */
async function userOf(cell: string): Promise<User> {
  for (;;) {
    const user = await newUser();
    if ((await homeOf(user)) === cell) return user;
  }
}

const layoutNow = async (): Promise<Layout> => settledLayout(await platform.pins.current());
const homeOf = async (user: User) => cellIn(await layoutNow(), { userId: user.id, region })?.id;
const withUrl = (layout: Layout, id: string, url: string) =>
  layoutDocument({
    ...layout,
    cells: layout.cells.map((cell) => (cell.id === id ? { ...cell, url } : cell)),
  });
const epochOf = async (url: string) =>
  Number((await fetch(`${url}/healthz`)).headers.get('cellbook-pin-epoch') ?? 0);
const cellUrls = async () => (await layoutNow()).cells.map(({ url }) => url);

it('a cell without pins is given them by the edge, after the first request that reaches it', async () => {
  const [url = ''] = await cellUrls();
  expect(await epochOf(url)).toBe(0);
  const user = await userOf('eu-1');
  expect(await user.list()).toEqual({ status: 200, workspaces: 0 });
  const { epoch } = await platform.pins.current();
  await waitUntil(async () => (await epochOf(url)) === epoch, {
    ...{ clock: systemClock, deadlineMs: 30_000, what: 'the pins to reach eu-1' },
  });
});

describe('a pin table with an error is stopped at its canary', () => {
  /** Publishes it, and sees that it is stopped there, that all is as it was, and that users were served. */
  async function expectStopped(document: unknown, problem: RegExp): Promise<void> {
    const before = await platform.pins.current();
    const outside = await userInCanary(false);
    await outside.create();
    const outcome = await publishFile(platform.pins, document, unverified);
    expect(outcome).toMatchObject({ published: false, at: 'the canary (50 %)' });
    expect(outcome.published ? '' : outcome.problem).toMatch(problem);
    const after = await platform.pins.current();
    expect(after).toMatchObject({ epoch: before.epoch + 2, rollout: null });
    expect(layoutDocument(after)).toEqual(layoutDocument(settledLayout(before)));
    for (const url of await cellUrls()) expect(await epochOf(url)).toBe(after.epoch);
    for (const user of [outside, await userInCanary(true)])
      expect(await user.list()).toMatchObject({ status: 200 });
  }

  it('one that names a dead cell', async () => {
    await expectStopped(withUrl(await layoutNow(), 'eu-2', 'http://127.0.0.1:1'), /eu-2/);
  });

  it('one by which requests for a cell reach another, which answers 421', async () => {
    const layout = await layoutNow();
    const [other] = layout.cells;
    await expectStopped(withUrl(layout, 'eu-2', other?.url ?? ''), /a request to eu-2 is answered 503/);
  });

  it('one that sends somebody away from where he lives', async () => {
    const user = await userInCanary(true);
    expect(await user.create()).toBe(201);
    const layout = await layoutNow();
    const other = layout.cells.findIndex(({ id }) => id !== cellIn(layout, { userId: user.id, region })?.id);
    const table = Uint16Array.from(layout.tables.get(region) ?? []);
    table[bucketOf(user.id)] = other;
    const tables = new Map(layout.tables).set(region, table);
    await expectStopped(layoutDocument({ ...layout, tables }), /would be sent to another cell/);
    expect(await user.list()).toEqual({ status: 200, workspaces: 1 });
  });

  it('one that is signed with another key, which nobody takes in the first place', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const keyPath = join(platform.home, 'stranger.json');
    writeFileSync(keyPath, JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'stranger' }));
    const before = await platform.pins.current();
    const stranger = await openPins({
      ...{ homeDirectory: join(platform.home, 'stranger'), edgeUrl: platform.url, keyPath },
      ...{ clock: systemClock, random: systemRandom, say: () => undefined },
    });
    const context = { ...stranger, current: platform.pins.current };
    const refused = publishFile(context, layoutDocument(before), unverified);
    await expect(refused).rejects.toThrow('no pin document signed by the key that this edge trusts');
    expect((await platform.pins.current()).epoch).toBe(before.epoch);
    for (const url of await cellUrls()) expect(await epochOf(url)).toBe(before.epoch);
  });
});

describe('verification refuses before anything is published', () => {
  it.each<[string, (layout: Layout) => unknown, RegExp]>([
    ['a dead cell', (layout) => withUrl(layout, 'eu-2', 'http://127.0.0.1:1'), /cell eu-2/],
    [
      'a cell at another’s address',
      (layout) => withUrl(layout, 'eu-2', layout.cells[0]?.url ?? ''),
      /is cell eu-1/,
    ],
    [
      'a region without cells',
      (layout) => ({ ...layoutDocument(layout), regions: {} }),
      /region eu has cells now/,
    ],
    [
      'a short table',
      (layout) => ({ ...layoutDocument(layout), regions: { eu: 'AAAA' } }),
      /a table of 3 bytes/,
    ],
    ['what is no layout', () => ({ cells: [] }), /cells/],
  ])('%s', async (_what, make, problem) => {
    const before = await platform.pins.current();
    const document = make(await layoutNow());
    const findings = await verifyPinsOf(platform.pins, document);
    expect(
      findings
        .filter(({ isError }) => isError)
        .map(({ text }) => text)
        .join(),
    ).toMatch(problem);
    await expect(publishFile(platform.pins, document, options)).rejects.toMatchObject({
      code: 'bad_request',
    });
    expect((await platform.pins.current()).epoch).toBe(before.epoch);
  });

  it('and says nothing against what is in use', async () => {
    expect(await verifyPinsOf(platform.pins, null)).toEqual([]);
  });
});

describe('a new cell', () => {
  it('joins by a pin table: new users land there, those who live somewhere stay, and nobody’s request fails', async () => {
    const residents = await Promise.all(Array.from({ length: 8 }, newUser));
    for (const user of residents) expect(await user.create()).toBe(201);
    const homes = await Promise.all(residents.map(homeOf));
    const cell = await platform.startCell('eu-3');

    let isDone = false;
    const statuses = new Set<number>();
    const meanwhile = Promise.all(
      residents.map(async (user) => {
        while (!isDone) statuses.add((await user.list()).status);
      }),
    );
    const outcome = await joinCell(platform.pins, { id: 'eu-3', region, url: cell.url }, options);
    isDone = true;
    await meanwhile;
    expect(outcome, platform.said.join('\n')).toMatchObject({ published: true });
    expect([...statuses]).toEqual([200]);

    for (const [index, user] of residents.entries()) {
      expect(await homeOf(user)).toBe(homes[index]);
      expect(await user.list()).toEqual({ status: 200, workspaces: 1 });
    }
    const arrival = await userOf('eu-3');
    expect(await arrival.create()).toBe(201);
    const { regions } = await showPins(platform.pins);
    expect(regions.eu).toMatchObject({ 'eu-3': 5461 });
  }, 120_000);

  it('can be rolled back, and who has come to live there meanwhile stays', async () => {
    const before = await showPins(platform.pins);
    const there = await userOf('eu-3');
    expect(await there.create()).toBe(201);
    expect(await rollBackPins(platform.pins, options)).toMatchObject({ published: true });
    const after = await showPins(platform.pins);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(after.regions.eu).toEqual({ 'eu-1': bucketCount / 2, 'eu-2': bucketCount / 2 });
    expect(await homeOf(there)).toBe('eu-3');
    expect(await there.list()).toEqual({ status: 200, workspaces: 1 });
  }, 120_000);
});

it('the command line shows, verifies, and says by its exit code that it was rolled back', async () => {
  const run = async (...given: string[]) => {
    const environment = { ...process.env, CELLBOOK_HOME: platform.home };
    const args = ['ops/pins/main.ts', ...given, '--edge', platform.url, '--soak-seconds', '0'];
    const done = promisify(execFile)(process.execPath, args, { cwd: checkoutDirectory, env: environment });
    return done.then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  };
  const { stdout } = await run('show', '--json');
  const shown = JSON.parse(stdout);
  expect((await run('show')).stdout).toContain('eu-1');
  expect(await run('verify')).toMatchObject({ code: 0 });
  const path = join(platform.home, 'layout.json');
  shown.layout.cells[1].url = 'http://127.0.0.1:1';
  writeFileSync(path, JSON.stringify(shown));
  expect(await run('verify', path)).toMatchObject({ code: 1 });
  expect(await run('publish', path)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Nothing was published'),
  });
  const stopped = await run('publish', path, '--unverified', '--json', '--steps', '0.01,1');
  expect(stopped.code).toBe(1);
  expect(JSON.parse(stopped.stdout)).toMatchObject({ published: false, at: 'the canary (1 %)' });
  expect((await run('nonsense')).code).toBe(1);
}, 60_000);
