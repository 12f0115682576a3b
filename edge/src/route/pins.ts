/**
 * Pins: which cell a user lives in. A region has a table of 16,384 buckets; a user's id hashes to a bucket,
 * the bucket holds the index of a cell (two bytes, so a table is 32 KiB); an override names one user's cell
 * directly. The document is published as one signed JWS with an epoch that only grows; an edge loads it
 * whole, refuses a wrong signature or an older epoch, and keeps the last good one. Nothing here does I/O.
 */
import {
  cellIdSchema,
  type RegionId,
  regionIdSchema,
  type UserId,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { base64url, type CryptoKey, compactVerify } from 'jose';
import { z } from 'zod';

export const bucketCount = 16_384;

const cellSchema = z.object({
  id: cellIdSchema,
  region: regionIdSchema,
  url: z.url({ protocol: /^https?$/ }),
});
export type Cell = z.infer<typeof cellSchema>;

export const pinsDocumentSchema = z
  .object({
    epoch: z.int().nonnegative(),
    cells: z.array(cellSchema).min(1).max(1_000),
    /** Region to its buckets: 16,384 little-endian u16 indexes into `cells`, as base64url. */
    regions: z.record(regionIdSchema, z.string()),
    overrides: z.record(userIdSchema, cellIdSchema),
  })
  .strict();

export interface Pins {
  readonly epoch: number;
  readonly cells: readonly Cell[];
  readonly tables: ReadonlyMap<RegionId, Uint16Array>;
  readonly overrides: ReadonlyMap<UserId, Cell>;
}

/** The pins of a signed document; throws when it is too large, badly signed or malformed in any part. */
export async function verifyPins(jws: string, publicKey: CryptoKey): Promise<Pins> {
  if (jws.length > limits.edge.pinsBytesMax) throw new Error(`pins of ${jws.length} bytes`);
  const { payload } = await compactVerify(jws, publicKey, { algorithms: ['EdDSA'] });
  return parsePins(JSON.parse(new TextDecoder().decode(payload)));
}

export function parsePins(document: unknown): Pins {
  const { epoch, cells, regions, overrides } = pinsDocumentSchema.parse(document);
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  if (byId.size !== cells.length) throw new Error('two cells of one id');
  const tables = new Map<RegionId, Uint16Array>();
  for (const [region, text] of Object.entries(regions))
    tables.set(regionIdSchema.parse(region), decodeTable(text, cells));
  const overriding = new Map<UserId, Cell>();
  for (const [user, cellId] of Object.entries(overrides)) {
    const cell = byId.get(cellIdSchema.parse(cellId));
    if (!cell) throw new Error(`an override to the unknown cell ${cellId}`);
    overriding.set(userIdSchema.parse(user), cell);
  }
  return { epoch, cells, tables, overrides: overriding };
}

/** The user's cell, or null where the region has no table. */
export function cellOf(pins: Pins, user: { userId: UserId; region: RegionId }): Cell | null {
  const overriding = pins.overrides.get(user.userId);
  if (overriding) return overriding;
  const index = pins.tables.get(user.region)?.[bucketOf(user.userId)];
  return index === undefined ? null : (pins.cells[index] ?? null);
}

/** FNV-1a over the id's characters, mixed as murmur3 ends, so that near ids land far apart; never changes. */
export function bucketOf(userId: UserId): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < userId.length; index++) {
    hash = Math.imul(hash ^ userId.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % bucketCount;
}

function decodeTable(text: string, cells: readonly Cell[]): Uint16Array {
  const bytes = base64url.decode(text);
  if (bytes.length !== bucketCount * 2) throw new Error(`a table of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const table = new Uint16Array(bucketCount);
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const index = view.getUint16(bucket * 2, true);
    if (index >= cells.length) throw new Error(`bucket ${bucket} names cell ${index} of ${cells.length}`);
    table[bucket] = index;
  }
  return table;
}
