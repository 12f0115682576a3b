import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

let world: World;
let authorization: string;
beforeEach(async () => {
  world = await createWorld();
  // Alone in his own organisation one is its admin.
  authorization = `Bearer ${await world.token(await world.signIn())}`;
});

const put = (body: string) =>
  world.fetch(`${main}/v1/org/secrets/echo`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body,
  });

test('a change of an organisation’s secret is complete only when every cell of its regions has it', async () => {
  const sent = '{"value":"not for the log"}';
  const first = await put(sent);
  expect(first.status).toBe(200);
  expect(await first.json()).toMatchObject({ url: '/v1/org/secrets/echo', body: sent });

  await world.publishPins(2, [env.UPSTREAMS[0] ?? '', 'http://127.0.0.1:1'], 0);
  await world.edge.pins.reload();
  const second = await put(sent);
  const text = await second.text();
  expect(second.status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({ code: 'cell_unreachable', ids: { missing: 'cell-b' } });
  expect(text).not.toContain('not for the log');
});

test('a value that is too long is refused before any cell is asked', async () => {
  const answer = await put(JSON.stringify({ value: 'x'.repeat(300_000) }));
  expect(answer.status).toBe(413);
});
