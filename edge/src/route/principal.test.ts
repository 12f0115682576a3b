import { ManualClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, newOrgId, newUserId, newWorkspaceId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { edKey } from '../../testing/world.ts';
import type { Identity } from '../identity/identity.ts';
import { createPrincipalSigner } from './principal.ts';

const region = regionIdSchema.parse('local');
const cellNamed = (id: string): Cell => ({ id: cellIdSchema.parse(id), region, url: 'http://127.0.0.1:1' });
const ada: Identity = {
  sub: newUserId(systemRandom),
  org: newOrgId(systemRandom),
  name: 'Ada',
  tier: 'free',
  region,
  role: 'member',
  scopes: null,
  jti: 'same-for-all',
  iat: 0,
  exp: 1_000_000,
  via: 'session',
};

test('a principal is used again for the same person, place and pins, and for nothing else', async () => {
  const clock = new ManualClock();
  const signer = createPrincipalSigner({ clock, key: await edKey('principal') });
  const [here, there] = [cellNamed('cell-a'), cellNamed('cell-b')];
  const signed = await signer.sign(ada, { cell: here, pinEpoch: 1 });
  expect(await signer.sign({ ...ada }, { cell: here, pinEpoch: 1 })).toBe(signed);

  const ws = newWorkspaceId(systemRandom);
  const others: [Identity, Cell, number][] = [
    [{ ...ada, sub: newUserId(systemRandom) }, here, 1],
    [{ ...ada, org: newOrgId(systemRandom) }, here, 1],
    [{ ...ada, via: 'token' }, here, 1],
    [{ ...ada, ws }, here, 1],
    [{ ...ada, tier: 'paid' }, here, 1],
    [{ ...ada, role: 'viewer' }, here, 1],
    [{ ...ada, region: regionIdSchema.parse('elsewhere') }, here, 1],
    [ada, there, 1],
    [ada, here, 2],
  ];
  for (const [identity, cell, pin] of others) {
    const { sub, org, via, tier, role, region } = identity;
    const principal = principalSchema.parse(decodeJwt(await signer.sign(identity, { cell, pinEpoch: pin })));
    expect(principal).toMatchObject({ sub, org, via, tier, role, region, aud: cell.id, pin });
    expect(principal.ws).toBe(identity.ws);
  }
});

test('one for a user or cell that an admin has addressed says whom, and is another than his own', async () => {
  const signer = createPrincipalSigner({ clock: new ManualClock(), key: await edKey('principal') });
  const to = { cell: cellNamed('cell-a'), pinEpoch: 1 };
  const own = await signer.sign(ada, to);
  for (const at of [{ user: newUserId(systemRandom), region }, { cell: to.cell.id }]) {
    const principal = principalSchema.parse(decodeJwt(await signer.sign(ada, { ...to, at })));
    expect(principal).toMatchObject({ sub: ada.sub, at });
  }
  expect(await signer.sign(ada, to)).toBe(own);
  expect(principalSchema.parse(decodeJwt(own)).at).toBeUndefined();
});

test('one that is handed out has half its life before it', async () => {
  const clock = new ManualClock();
  const signer = createPrincipalSigner({ clock, key: await edKey('principal') });
  const signed = await signer.sign(ada, { cell: cellNamed('cell-a'), pinEpoch: 1 });
  await clock.advance(limits.edge.principalReuseMs - 1);
  expect(await signer.sign(ada, { cell: cellNamed('cell-a'), pinEpoch: 1 })).toBe(signed);
  await clock.advance(1);
  expect(await signer.sign(ada, { cell: cellNamed('cell-a'), pinEpoch: 1 })).not.toBe(signed);
});
