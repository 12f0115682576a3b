import fc from 'fast-check';
import {
  base64url,
  CompactSign,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { cellIdSchema, newUserId, regionIdSchema, userIdSchema } from '../ids.ts';
import { seededRandom } from '../random.ts';
import { encodeTable, signPins, tableOf } from './build.ts';
import { bucketCount, bucketOf, type Cell, cellOf, parsePins, rankOf, verifyPins } from './pins.ts';

const region = regionIdSchema.parse('eu-1');
const cellsOf = (count: number): Cell[] =>
  Array.from({ length: count }, (_, index) => ({
    id: cellIdSchema.parse(`eu-1-${index}`),
    region,
    url: `http://10.0.0.${index}:9000`,
  }));
const layoutOf = (count: number) => ({
  cells: cellsOf(count),
  regions: { [region]: encodeTable(tableOf(Array.from({ length: count }, (_, index) => index))) },
  overrides: {},
});
const documentOf = (count: number) => ({ epoch: 1, ...layoutOf(count) });
const userOf = (seed: number) => newUserId(seededRandom(seed));

async function edKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { ...(await exportJWK(privateKey)), kid: 'pins' };
}

describe('finding a cell', () => {
  test('every user of a region has a cell, the same one each time', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 50 }), (seed, count) => {
        const pins = parsePins(documentOf(count));
        const user = { userId: userOf(seed), region };
        const cell = cellOf(pins, user);
        expect(cell).not.toBeNull();
        expect(cellOf(parsePins(documentOf(count)), user)).toEqual(cell);
      }),
    );
  });

  test('a bucket is always in the table, and never changes for an id', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => bucketOf(userOf(seed)) >= 0 && bucketOf(userOf(seed)) < bucketCount),
    );
    expect(bucketOf(userIdSchema.parse('user-2ftj57qxdt2734jyb8bt'))).toBe(9244);
    expect(bucketOf(userIdSchema.parse('user-00000000000000000000'))).toBe(1938);
  });

  test('buckets fill evenly: of 100,000 users no cell of ten gets over 5 % more or less than its share', () => {
    const pins = parsePins(documentOf(10));
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 100_000; seed++) {
      const id = cellOf(pins, { userId: userOf(seed), region })?.id ?? '';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test('an override names one user’s cell and leaves all others where they were', () => {
    const [moved, other] = [userOf(1), userOf(2)];
    const before = parsePins(documentOf(10));
    const target = cellsOf(10).find(({ id }) => id !== cellOf(before, { userId: moved, region })?.id);
    const after = parsePins({ ...documentOf(10), overrides: { [moved]: [target?.id] } });
    expect(cellOf(after, { userId: moved, region })?.id).toBe(target?.id);
    expect(cellOf(after, { userId: other, region })).toEqual(cellOf(before, { userId: other, region }));
  });

  test('a region without a table has no cell', () => {
    expect(
      cellOf(parsePins(documentOf(1)), { userId: userOf(1), region: regionIdSchema.parse('us-1') }),
    ).toBeNull();
  });
});

describe('a roll-out', () => {
  const pinsAt = (buckets: number) => {
    const previous = layoutOf(2);
    const next = { ...layoutOf(2), regions: { [region]: encodeTable(tableOf([1, 0])) } };
    return parsePins({ epoch: 2, ...next, rollout: { buckets, previous } });
  };

  test('puts each bucket at a rank of its own', () => {
    const ranks = new Set(Array.from({ length: bucketCount }, (_, bucket) => rankOf(bucket)));
    expect(ranks.size).toBe(bucketCount);
  });

  test('moves those buckets that are in it and no other, and never one back as it goes on', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: bucketCount - 1 }), (seed, buckets) => {
        const user = { userId: userOf(seed), region };
        const [before, after] = [parsePins(documentOf(2)), pinsAt(bucketCount - 1)];
        const isIn = rankOf(bucketOf(user.userId)) < buckets;
        const expected = isIn ? after : before;
        expect(cellOf(pinsAt(buckets), user)?.id).toBe(cellOf(expected, user)?.id);
      }),
    );
  });

  test('a canary of a hundredth has buckets of every cell of fifty', () => {
    const inCanary = Array.from({ length: bucketCount }, (_, bucket) => bucket).filter(
      (bucket) => rankOf(bucket) < 164,
    );
    expect(new Set(inCanary.map((bucket) => bucket % 50)).size).toBe(50);
  });
});

describe('a pin document', () => {
  let key: JWK;
  let publicKey: CryptoKey;
  let jws: string;
  let strangerJws: string;

  beforeAll(async () => {
    key = await edKey();
    const { d: _secret, ...publicJwk } = key;
    const imported = await importJWK(publicJwk, 'EdDSA');
    if (imported instanceof Uint8Array) throw new Error('not a public key');
    publicKey = imported;
    jws = await signPins({ ...documentOf(2), epoch: 3 }, key);
    strangerJws = await signPins({ ...documentOf(2), epoch: 4 }, await edKey());
  });

  test('with a good signature is taken whole', async () => {
    const pins = await verifyPins(jws, publicKey);
    expect([pins.epoch, pins.cells.length, pins.tables.get(region)?.length]).toEqual([3, 2, bucketCount]);
  });

  test('signed by another key is refused', async () => {
    await expect(verifyPins(strangerJws, publicKey)).rejects.toThrow();
  });

  test('that the same key has signed as something else is refused', async () => {
    const order = await new CompactSign(new TextEncoder().encode(JSON.stringify(documentOf(1))))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'cellbook-order' })
      .sign(await importJWK(key, 'EdDSA'));
    await expect(verifyPins(order, publicKey)).rejects.toThrow();
  });

  test('with any character changed is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: jws.length - 2 }), async (at) => {
        const changed = jws[at] === 'A' ? 'B' : 'A';
        await expect(verifyPins(jws.slice(0, at) + changed + jws.slice(at + 1), publicKey)).rejects.toThrow();
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['no epoch', { epoch: undefined }],
    ['a negative epoch', { epoch: -1 }],
    ['no cells', { cells: [] }],
    ['two cells of one id', { cells: [...cellsOf(1), ...cellsOf(1)] }],
    ['a cell with another scheme', { cells: [{ ...cellsOf(1)[0], url: 'file:///etc/passwd' }] }],
    ['a table that is short', { regions: { [region]: base64url.encode(new Uint8Array(100)) } }],
    ['a bucket that names no cell', { regions: { [region]: encodeTable(tableOf([0, 9])) } }],
    ['an override to no cell', { overrides: { [userOf(1)]: ['eu-1-99'] } }],
    ['two overrides in one region', { ...layoutOf(2), overrides: { [userOf(1)]: ['eu-1-0', 'eu-1-1'] } }],
    ['an override of no user', { overrides: { nobody: ['eu-1-0'] } }],
    ['a bucket of another region’s cell', { cells: [{ ...cellsOf(1)[0], region: 'us-1' }] }],
    ['a roll-out to all buckets', { rollout: { buckets: bucketCount, previous: layoutOf(1) } }],
    ['a roll-out from nothing', { rollout: { buckets: 1 } }],
    ['a field nobody knows', { extra: 1 }],
  ])('with %s is refused', (_, change) => {
    expect(() => parsePins({ ...documentOf(1), ...change })).toThrow();
  });

  test.each([null, 1, 'text', [], {}])('that is %s is refused', (value) => {
    expect(() => parsePins(value)).toThrow();
  });
});
