/**
 * Pins: which cell a user lives in. A region has a table of 16,384 buckets; a user's id hashes to a bucket,
 * the bucket holds the index of a cell (two bytes, so a table is 32 KiB); an override names one user's cell in a
 * region directly (who acts in two organisations may live in a region for each). Cells, tables and overrides together are a layout. The document with a layout is published as one
 * signed JWS with an epoch that only grows; whoever loads it takes it whole, refuses a wrong signature or an
 * older epoch, and keeps the last good one.
 *
 * While a new layout is rolled out the document carries the one before as well: the first `buckets` of all
 * buckets, in an order of their own (`rankOf`), go by the new layout and the others by the old one. The first
 * few are the canary. Nothing here does I/O.
 */
import { base64url, type CompactVerifyGetKey, type CryptoKey, compactVerify } from 'jose';
import { z } from 'zod';
import { cellIdSchema, type RegionId, regionIdSchema, type UserId, userIdSchema } from '../ids.ts';
import { limits } from '../limits.ts';
import { statementKeySchema } from '../protocol/statements.ts';

export const bucketCount = 16_384;
/** The `typ` of a signed document, so that nothing else that the key signs can stand in for one. */
export const pinsType = 'cellbook-pins';

export const cellSchema = z.object({
  id: cellIdSchema,
  region: regionIdSchema,
  url: z.url({ protocol: /^https?$/ }),
  /** What the cell signs with when it speaks for itself; without it nothing is granted to it. */
  key: statementKeySchema.optional(),
});
export type Cell = z.infer<typeof cellSchema>;

const layoutFields = {
  cells: z.array(cellSchema).min(1).max(limits.pins.cellsMax),
  /** Region to its buckets: 16,384 little-endian u16 indexes into `cells`, as base64url. */
  regions: z.record(regionIdSchema, z.string()),
  overrides: z.record(userIdSchema, z.array(cellIdSchema).min(1).max(64)),
};
export const layoutSchema = z.object(layoutFields).strict();
export type LayoutDocument = z.infer<typeof layoutSchema>;

const rolloutSchema = z
  .object({
    /** How many buckets, by rank, go by the new layout already. */
    buckets: z
      .int()
      .min(0)
      .max(bucketCount - 1),
    previous: layoutSchema,
  })
  .strict();

export const pinsDocumentSchema = z
  .object({ epoch: z.int().nonnegative(), ...layoutFields, rollout: rolloutSchema.optional() })
  .strict();
export type PinsDocument = z.infer<typeof pinsDocumentSchema>;

export interface Layout {
  readonly cells: readonly Cell[];
  readonly tables: ReadonlyMap<RegionId, Uint16Array>;
  /** At most one cell of each region. */
  readonly overrides: ReadonlyMap<UserId, readonly Cell[]>;
}

export interface Pins extends Layout {
  readonly epoch: number;
  readonly rollout: { readonly buckets: number; readonly previous: Layout } | null;
}

export interface PinnedUser {
  userId: UserId;
  region: RegionId;
}

/** The pins of a signed document; throws when it is too large, badly signed or malformed in any part. */
/** One public key, or several of which the document names one. */
export type PinKey = CryptoKey | CompactVerifyGetKey;

export async function verifyPins(jws: string, publicKey: PinKey): Promise<Pins> {
  return parsePins(await verifyDocument(jws, publicKey));
}

/** What was signed, before anything but its size and signature is looked at. */
export async function verifyDocument(jws: string, publicKey: PinKey): Promise<unknown> {
  if (jws.length > limits.pins.bytesMax) throw new Error(`pins of ${jws.length} bytes`);
  const options = { algorithms: ['EdDSA'] };
  const { payload, protectedHeader } = await (typeof publicKey === 'function'
    ? compactVerify(jws, publicKey, options)
    : compactVerify(jws, publicKey, options));
  if (protectedHeader.typ !== pinsType) throw new Error(`a signed ${protectedHeader.typ}, not pins`);
  return JSON.parse(new TextDecoder().decode(payload));
}

export function parsePins(document: unknown): Pins {
  const { epoch, rollout, ...layout } = pinsDocumentSchema.parse(document);
  return {
    epoch,
    ...parseLayout(layout),
    rollout: rollout ? { buckets: rollout.buckets, previous: parseLayout(rollout.previous) } : null,
  };
}

export function parseLayout({ cells, regions, overrides }: LayoutDocument): Layout {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  if (byId.size !== cells.length) throw new Error('two cells of one id');
  const tables = new Map<RegionId, Uint16Array>();
  for (const [name, text] of Object.entries(regions)) {
    const region = regionIdSchema.parse(name);
    tables.set(region, decodeTable(text, region, cells));
  }
  const overriding = new Map<UserId, Cell[]>();
  for (const [user, cellIds] of Object.entries(overrides)) {
    const named = cellIds.map((cellId) => byId.get(cellIdSchema.parse(cellId)));
    const known = named.filter((cell) => cell !== undefined);
    if (known.length < named.length) throw new Error(`an override to the unknown cell of ${cellIds}`);
    if (new Set(known.map(({ region }) => region)).size < known.length)
      throw new Error(`two overrides of ${user} in one region`);
    overriding.set(userIdSchema.parse(user), known);
  }
  return { cells, tables, overrides: overriding };
}

/** The user's cell, or null where the region has no table. */
export function cellOf(pins: Pins, user: PinnedUser): Cell | null {
  return cellIn(layoutFor(pins, user.userId), user);
}

export function cellIn(layout: Layout, user: PinnedUser): Cell | null {
  const overriding = layout.overrides.get(user.userId)?.find(({ region }) => region === user.region);
  if (overriding) return overriding;
  const index = layout.tables.get(user.region)?.[bucketOf(user.userId)];
  return index === undefined ? null : (layout.cells[index] ?? null);
}

/** The layout this user goes by at this step of a roll-out. */
export function layoutFor(pins: Pins, userId: UserId): Layout {
  const { rollout } = pins;
  return rollout && rankOf(bucketOf(userId)) >= rollout.buckets ? rollout.previous : pins;
}

/** Every cell that the document names, in either layout; one of both is as the new layout has it. */
export function allCells(pins: Pins): Cell[] {
  const byId = new Map((pins.rollout?.previous.cells ?? []).map((cell) => [cell.id, cell]));
  for (const cell of pins.cells) byId.set(cell.id, cell);
  return [...byId.values()];
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

/**
 * A bucket's place in the order of a roll-out. Times an odd number modulo a power of two is a permutation, so
 * that the first buckets are spread over all of the table and over whatever turns it was shared out in.
 */
export const rankOf = (bucket: number): number => Math.imul(bucket, 10_007) & (bucketCount - 1);

function decodeTable(text: string, region: RegionId, cells: readonly Cell[]): Uint16Array {
  const bytes = base64url.decode(text);
  if (bytes.length !== bucketCount * 2) throw new Error(`a table of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const table = new Uint16Array(bucketCount);
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const index = view.getUint16(bucket * 2, true);
    const cell = cells[index];
    if (!cell) throw new Error(`bucket ${bucket} names cell ${index} of ${cells.length}`);
    if (cell.region !== region) throw new Error(`bucket ${bucket} of ${region} names ${cell.id} elsewhere`);
    table[bucket] = index;
  }
  return table;
}
