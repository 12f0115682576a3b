import { cellIdSchema, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { bucketCount, cellOf, verifyPins } from '../src/route/pins.ts';
import { signPins } from './pins.ts';

let key: JWK;
let publicKey: CryptoKey;
beforeAll(async () => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  [key, publicKey] = [await exportJWK(pair.privateKey), pair.publicKey];
});

const cell = (id: string, region: string) => ({
  id: cellIdSchema.parse(id),
  region: regionIdSchema.parse(region),
  url: `http://${id}.test`,
});

test('the edge accepts what is published, and each region’s buckets are shared out over its own cells', async () => {
  const cells = [cell('eu-a', 'eu'), cell('us-a', 'us'), cell('eu-b', 'eu')];
  const pins = await verifyPins(await signPins({ epoch: 7, cells, key }), publicKey);
  expect(pins.epoch).toBe(7);
  const counts = (region: string) => {
    const table = [...(pins.tables.get(regionIdSchema.parse(region)) ?? [])];
    return cells.map((_, index) => table.filter((at) => at === index).length);
  };
  expect(counts('eu')).toEqual([bucketCount / 2, 0, bucketCount / 2]);
  expect(counts('us')).toEqual([0, bucketCount, 0]);
  const user = { userId: newUserId(systemRandom), region: regionIdSchema.parse('us') };
  expect(cellOf(pins, user)).toEqual(cells[1]);
});

test('one changed byte, or another key, and the edge refuses it', async () => {
  const jws = await signPins({ epoch: 1, cells: [cell('eu-a', 'eu')], key });
  const at = jws.indexOf('.') + 20;
  const changed = `${jws.slice(0, at)}${jws[at] === 'A' ? 'B' : 'A'}${jws.slice(at + 1)}`;
  await expect(verifyPins(changed, publicKey)).rejects.toThrow();
  const other = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  await expect(verifyPins(jws, other.publicKey)).rejects.toThrow();
});
