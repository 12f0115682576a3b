import { env } from 'cloudflare:workers';
import { atHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Metered, MeteredRow } from '@cellbook/shared/protocol/usage-api.ts';
import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

const [first = '', second = ''] = env.UPSTREAMS;
const start = '2026-01-01T00:00:00.000Z';
const since = `from=${start}&group=team`;
let world: World;
let authorization: string;
beforeEach(async () => {
  world = await createWorld();
  authorization = `Bearer ${await world.token(await world.signIn())}`;
});

const held = (seconds: number) => ({ seconds, byteSeconds: seconds * 10 });
const row = (key: string | null, seconds: number): MeteredRow => ({
  ...{
    start,
    key,
    name: null,
    running: held(seconds),
    live: held(0),
    memory: held(0),
    memoryRemote: held(0),
  },
  sandboxes: [{ tier: 'free', memoryBytes: 10, seconds }],
  ...{ files: held(1), versions: held(0), environment: held(2), egress: { upBytes: 1, downBytes: 2 } },
});
const measured = { used: 0, limit: 1 };
const quotas = {
  ...{ workspaces: measured, runningSandboxes: measured, memoryBytes: measured, storageBytes: measured },
};

/** What a cell says from now on. */
async function tells(cell: string, rows: Partial<MeteredRow>[]): Promise<void> {
  const metered = { from: start, to: start, by: 'day', group: 'team', rows, missing: [] };
  const body = JSON.stringify({ user: quotas, organisation: quotas, metered });
  await (await fetch(`${cell}/v1/usage`, { method: 'PUT', body })).text();
}

async function usage(query: string, headers: Record<string, string> = {}): Promise<Response> {
  return world.fetch(`${main}/v1/usage?${query}`, { headers: { authorization, ...headers } });
}

async function twoCells(other: string): Promise<void> {
  await world.publishPins(2, [first, other], 0);
  await world.edge.pins.reload();
}

test('what an organisation has used is that of all its cells, added up by time and key', async () => {
  await twoCells(second);
  await tells(first, [row(null, 5), row('red', 3)]);
  await tells(second, [row('blue', 9), row('red', 4)]);
  const { metered, user } = await (await usage(`${since}&of=organisation`)).json<{
    metered: Metered;
    user: unknown;
  }>();
  expect(user).toEqual(quotas);
  expect(metered.missing).toEqual([]);
  expect(metered.rows.map(({ key, running }) => [key, running.seconds])).toEqual([
    [null, 5],
    ['blue', 9],
    ['red', 7],
  ]);
  expect(metered.rows.at(-1)).toMatchObject({
    running: { byteSeconds: 70 },
    sandboxes: [{ tier: 'free', memoryBytes: 10, seconds: 7 }],
    files: { seconds: 2 },
    egress: { upBytes: 2, downBytes: 4 },
  });
});

test('one’s own is what the home cell says, and so is what is addressed', async () => {
  await twoCells(second);
  await tells(first, [row('red', 3)]);
  await tells(second, [row('red', 4)]);
  for (const answer of [
    await usage(since),
    await usage(`${since}&of=organisation`, { [atHeader]: 'cell-a' }),
  ])
    expect((await answer.json<{ metered: Metered }>()).metered.rows).toEqual([row('red', 3)]);
});

test('a cell that does not answer is named, and the rest is told', async () => {
  await twoCells('http://127.0.0.1:1');
  await tells(first, [row('red', 3)]);
  const { metered } = await (await usage(`${since}&of=organisation`)).json<{ metered: Metered }>();
  expect(metered).toMatchObject({ missing: ['cell-b'], rows: [{ key: 'red', running: { seconds: 3 } }] });
});

test('a cell of before packages were counted is added up all the same', async () => {
  await twoCells(second);
  const { environment: _, ...earlier } = row('red', 4);
  await tells(first, [row('red', 3)]);
  await tells(second, [earlier]);
  const { metered } = await (await usage(`${since}&of=organisation`)).json<{ metered: Metered }>();
  expect(metered.missing).toEqual([]);
  expect(metered.rows).toMatchObject([{ running: { seconds: 7 }, environment: { seconds: 2 } }]);
});
