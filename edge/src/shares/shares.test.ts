/** One quota over two cells, as the edge divides it: real D1, and servers where cells stand. */
import { env } from 'cloudflare:workers';
import { newOrgId, type OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type Amounts,
  quotaAskType,
  quotaGrantedSchema,
  quotaGrantedType,
  type ShareAsk,
} from '@cellbook/shared/protocol/quota-shares-api.ts';
import { eachOf } from '@cellbook/shared/quota/shares.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { type SignedCell, signedCells } from '../../testing/signed-cells.ts';
import { createWorld, type World } from '../../testing/world.ts';
import { createD1ShareStore } from './d1-share-store.ts';
import { grantShare } from './grant-share.ts';
import { createMemoryShareStore } from './memory-share-store.ts';

const all = (amount: number): Amounts => eachOf(() => amount);
const only = (workspaces: number): ShareAsk['need'] => ({ workspaces });
const asked = (
  org: OrgId,
  ask: number,
  used: number,
  keep: number,
  need: ShareAsk['need'] = {},
): ShareAsk => ({
  ...{ org, ask, need, givesBack: false },
  ...{ used: all(used), keep: all(keep) },
});

let world: World;
let org: OrgId;
beforeEach(async () => {
  world = await createWorld();
  org = newOrgId(systemRandom);
});

describe.each(['D1', 'memory'])('a store of shares on %s', (kind) => {
  const open = () =>
    kind === 'D1' ? createD1ShareStore({ db: env.DIRECTORY, clock: world.clock }) : createMemoryShareStore();

  test('replaces what was read, and nothing that somebody else has written since', async () => {
    const store = open();
    expect(await store.read(org)).toEqual({ version: 0, shares: {} });
    const share = { ask: 1, allowed: all(3), used: all(1), atMs: 5 };
    expect(await store.replace(org, 0, { a: share })).toBe(true);
    expect(await store.replace(org, 0, { b: share })).toBe(false);
    expect(await store.read(org)).toEqual({ version: 1, shares: { a: share } });
    expect(await store.replace(org, 1, { a: share, b: share })).toBe(true);
    expect(await store.replace(org, 1, {})).toBe(false);
    expect(Object.keys((await store.read(org)).shares)).toEqual(['a', 'b']);
  });

  test('grants to many who ask at once no more than the quota', async () => {
    const store = open();
    const rules = { quota: all(10), isCell: () => true };
    const cells = ['a', 'b', 'c', 'd'];
    const asks = cells.map((cell) => grantShare(store, cell, asked(org, 1, 0, 0, only(9)), rules, 0));
    expect((await Promise.all(asks)).length).toBe(4);
    const { shares } = await store.read(org);
    expect(Object.values(shares).reduce((sum, { allowed }) => sum + allowed.workspaces, 0)).toBe(10);
  });

  test('frees the share of a cell that the pins do not name, a day after its last ask', async () => {
    const store = open();
    const rules = { quota: all(10), isCell: (id: string) => id === 'b' };
    await grantShare(store, 'a', asked(org, 1, 8, 0), { ...rules, isCell: () => true }, 0);
    const granted = async (ask: number, atMs: number) =>
      (await grantShare(store, 'b', asked(org, ask, 0, 0, only(9)), rules, atMs)).decision.share.allowed
        .workspaces;
    expect(await granted(1, limits.quota.shareMs - 1)).toBe(1);
    expect(await granted(2, limits.quota.shareMs)).toBe(9);
  });
});

describe('a cell that asks for its share', () => {
  let one: SignedCell;
  let other: SignedCell;
  beforeEach(async () => {
    const [first, second] = await signedCells(world);
    if (!first || !second) throw new Error('two cells');
    [one, other] = [first, second];
    const owner = await ownerOf('ada');
    await world.edge.orgs.create({ id: org, name: 'Acme', ownerId: owner }, world.clock.nowMs());
    await setQuota(10);
  });
  const ownerOf = async (name: string) =>
    (
      await world.edge.credentials.verify(
        'session',
        (await world.signIn(`${name}@a.example`)).split('=')[1] ?? '',
      )
    ).sub;
  const setQuota = (workspaces: number) =>
    world.edge.orgs.setPolicy(
      org,
      { tier: 'free', region: null, emailDomain: null, quotas: { organisation: { workspaces } } },
      world.clock.nowMs(),
    );
  const ask = async (cell: SignedCell, said: ShareAsk) =>
    cell.read(await cell.post('/cells/quota', quotaAskType, said), quotaGrantedType, quotaGrantedSchema);

  test('gets it, with what the others use, and all cells together no more than the policy says', async () => {
    const first = await ask(one, asked(org, 1, 0, 0, only(4)));
    expect(first).toMatchObject({ whole: false, stale: false, allowed: { workspaces: 5 } });
    await ask(one, asked(org, 2, 4, 5));
    const second = await ask(other, asked(org, 1, 0, 0, only(1)));
    expect(second).toMatchObject({ allowed: { workspaces: 2 }, usedElsewhere: { workspaces: 4 } });
  });

  test('of an organisation of one person has all of it', async () => {
    const { org: personal } = await world.edge.credentials.verify(
      'session',
      (await world.signIn()).split('=')[1] ?? '',
    );
    expect(await ask(one, asked(personal, 1, 0, 0))).toMatchObject({ whole: true });
  });

  test('is given what another gives back, as soon as that one has signed it', async () => {
    await ask(one, asked(org, 1, 2, 0, only(8)));
    const back = await one.sign(quotaAskType, { ...asked(org, 2, 2, 4), givesBack: true });
    await fetch(new URL('/recall', one.url), { method: 'PUT', body: back });
    expect(await ask(other, asked(org, 1, 0, 0, only(5)))).toMatchObject({
      allowed: { workspaces: 5 },
      unreached: [],
    });
  });

  test('is told who could not be asked, and gets nothing that another may be using', async () => {
    await ask(one, asked(org, 1, 2, 0, only(8)));
    for (const word of ['nonsense', await other.sign(quotaAskType, asked(org, 2, 0, 0))]) {
      await fetch(new URL('/recall', one.url), { method: 'PUT', body: word });
      const granted = await ask(other, asked(org, 1, 0, 0, only(1)));
      expect(granted).toMatchObject({ allowed: { workspaces: 0 }, unreached: [one.id] });
    }
  });

  test('after the quota was lowered keeps what it goes by, and is told what its part is', async () => {
    await ask(one, asked(org, 1, 2, 0, only(8)));
    await setQuota(4);
    // A policy that was just read counts for a minute.
    world.clock.advance(60_001);
    expect(await ask(one, asked(org, 2, 2, 10))).toMatchObject({
      allowed: { workspaces: 10 },
      fair: { workspaces: 3 },
    });
  });

  test('is refused where it signs as another, too late, or is none that the pins name', async () => {
    const said = asked(org, 1, 0, 0);
    const forged = (await one.sign(quotaAskType, { ...said, from: other.id })).split('.');
    const mine = (await one.sign(quotaAskType, said)).split('.');
    const old = await one.sign(quotaAskType, said);
    world.clock.advance(limits.statements.freshMs + 1);
    for (const body of [[mine[0], forged[1], mine[2]].join('.'), old, 'nonsense', '']) {
      const answer = await world.fetch('http://localhost:8787/cells/quota', { method: 'POST', body });
      expect(answer.status).toBe(403);
    }
    expect((await world.edge.shares.read(org)).shares).toEqual({});
  });

  test('is refused for an organisation that there is not', async () => {
    const answer = await one.post('/cells/quota', quotaAskType, asked(newOrgId(systemRandom), 1, 0, 0));
    expect(answer.status).toBe(404);
  });
});
