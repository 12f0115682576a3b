/** Secrets brought from cell to cell: real D1, and servers where cells stand. What they carry is told in the cells' own tests. */
import { env } from 'cloudflare:workers';
import { type CellId, cellIdSchema, newOrgId, type OrgId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  secretsBroughtSchema,
  secretsBroughtType,
  secretsHeldType,
  secretsWantedType,
} from '@cellbook/shared/protocol/secret-sets-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { type SignedCell, signedCells } from '../../testing/signed-cells.ts';
import { createWorld, main, type World } from '../../testing/world.ts';
import { createD1SecretCells, createMemorySecretCells } from './secret-cells.ts';

let world: World;
let org: OrgId;
let one: SignedCell;
let other: SignedCell;
const named = (...names: string[]): CellId[] => names.map((name) => cellIdSchema.parse(name));
const local = regionIdSchema.parse('local');

beforeEach(async () => {
  world = await createWorld();
  org = newOrgId(systemRandom);
  const [first, second] = await signedCells(world);
  if (!first || !second) throw new Error('two cells');
  [one, other] = [first, second];
});

describe.each(['D1', 'memory'])('who has all secrets, on %s', (kind) => {
  test('are those of the first change alone, and whoever says so later', async () => {
    const cells =
      kind === 'D1'
        ? createD1SecretCells({ db: env.DIRECTORY, clock: world.clock })
        : createMemorySecretCells();
    expect(await cells.of(org)).toEqual([]);
    await Promise.all([cells.begin(org, named('a', 'b'), 1), cells.begin(org, named('a', 'b'), 1)]);
    await cells.begin(org, named('c'), 2);
    expect(await cells.of(org)).toEqual(named('a', 'b'));
    await cells.add(org, cellIdSchema.parse('d'), 3);
    await cells.add(org, cellIdSchema.parse('d'), 4);
    expect(await cells.of(org)).toEqual(named('a', 'b', 'd'));
  });
});

describe('a cell that wants an organisation’s secrets', () => {
  const sealTo = { kty: 'OKP', crv: 'X25519', x: 'x' };
  const post = (cell: SignedCell, hasSome = false, of = org) =>
    cell.post('/cells/secrets', secretsWantedType, { org: of, sealTo, hasSome });
  const want = async (cell: SignedCell, hasSome = false, of = org) =>
    (await cell.read(await post(cell, hasSome, of), secretsBroughtType, secretsBroughtSchema)).sealed;
  const identity = async () =>
    world.edge.credentials.verify('session', (await world.signIn()).split('=')[1] ?? '');
  const sealedAt = (cell: SignedCell, body: string) =>
    fetch(new URL('/seal', cell.url), { method: 'PUT', body });
  const setRegion = (region: typeof local | null) =>
    world.edge.orgs.setPolicy(
      org,
      { tier: 'free', region, emailDomain: null, quotas: {} },
      world.clock.nowMs(),
    );

  beforeEach(async () => {
    const { sub } = await identity();
    await world.edge.orgs.create({ id: org, name: 'Acme', ownerId: sub }, world.clock.nowMs());
  });

  test('is told that there are none before anybody has set one, and has all there are from then on', async () => {
    expect(await want(one)).toBeNull();
    expect(await world.edge.secretCells.of(org)).toEqual([one.id]);
    expect(await want(one)).toBeNull();
  });

  test('is brought what a cell has sealed, as it is', async () => {
    await world.edge.secretCells.begin(org, [one.id], 0);
    await sealedAt(one, 'sealed by a cell, for a cell');
    expect(await want(other)).toEqual({ by: one.id, text: 'sealed by a cell, for a cell' });
    // Whether it has kept them it says itself.
    expect(await world.edge.secretCells.of(org)).toEqual([one.id]);
    await other.post('/cells/secrets/held', secretsHeldType, { org });
    expect(await world.edge.secretCells.of(org)).toEqual([one.id, other.id]);
    expect(await want(other)).toBeNull();
  });

  test('is told to come again while none of those that have them answers', async () => {
    await world.edge.secretCells.begin(org, named('gone'), 0);
    const answer = await post(one);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'secrets_unavailable' });
    expect(answer.headers.get('retry-after')).toBe(String(limits.secrets.bringRetryAfterMs / 1_000));
  });

  test('is refused where the organisation’s members may not live', async () => {
    await setRegion(regionIdSchema.parse('elsewhere'));
    expect((await post(one)).status).toBe(403);
    await setRegion(local);
    expect(await want(one)).toBeNull();
    expect((await post(one, false, newOrgId(systemRandom))).status).toBe(403);
  });

  test('that had some before this was noted is the first to have them', async () => {
    expect(await want(one, true)).toBeNull();
    expect(await world.edge.secretCells.of(org)).toEqual([one.id]);
  });

  test('an organisation’s first secret makes those it is sent to the ones that have all', async () => {
    const cookie = await world.signIn();
    const { org: mine } = await identity();
    const authorization = `Bearer ${await world.token(cookie)}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const put = () =>
      world.fetch(`${main}/v1/org/secrets/echo`, { method: 'PUT', headers, body: '{"value":"v"}' });
    expect((await put()).status).toBe(200);
    expect(await world.edge.secretCells.of(mine)).toEqual([one.id, other.id]);
    const joined = await signedCells(world, 3, [...env.UPSTREAMS, 'http://127.0.0.1:1']);
    expect(joined.length).toBe(3);
    await put();
    expect(await world.edge.secretCells.of(mine)).toEqual([one.id, other.id]);
  });
});
