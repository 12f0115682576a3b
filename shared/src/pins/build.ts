/** Makes layouts and signs documents (pins.ts): share out, join, move, override. All but the signing is pure. */
import { base64url, CompactSign, importJWK, type JWK } from 'jose';
import type { CellId, RegionId, UserId } from '../ids.ts';
import {
  bucketCount,
  type Cell,
  type Layout,
  type LayoutDocument,
  type PinsDocument,
  pinsType,
} from './pins.ts';

/** Each region's buckets given to its cells in turn. */
export function shareOut(cells: readonly Cell[]): Layout {
  const tables = new Map<RegionId, Uint16Array>();
  for (const { region } of cells) {
    const indexes = cells.flatMap((cell, index) => (cell.region === region ? [index] : []));
    tables.set(region, tableOf(indexes));
  }
  return { cells, tables, overrides: new Map() };
}

/**
 * The cells as given, by id: known ones at their new address (and by their old key, where none is given), unknown ones added without buckets, unless their
 * region has no table yet, in which they share it.
 */
export function withCells(layout: Layout, given: readonly Cell[]): Layout {
  const byId = new Map(given.map((cell) => [cell.id, cell]));
  const known = layout.cells.map((cell) => keptKey(cell, byId.get(cell.id)));
  const ids = new Set(known.map(({ id }) => id));
  const cells = [...known, ...given.filter(({ id }) => !ids.has(id))];
  const tables = new Map(layout.tables);
  for (const [region, table] of shareOut(cells).tables) if (!tables.has(region)) tables.set(region, table);
  return rebuilt({ ...layout, tables }, cells);
}

function keptKey(before: Cell, given: Cell | undefined): Cell {
  const key = given?.key ?? before.key;
  return { ...before, ...given, ...(key && { key }) };
}

/** Gives `cell` its even share of its region's buckets, taken from those that have most. */
export function joined(layout: Layout, cell: Cell): Layout {
  const added = withCells(layout, [cell]);
  const index = added.cells.findIndex(({ id }) => id === cell.id);
  const table = Uint16Array.from(added.tables.get(cell.region) ?? []);
  const held = new Map<number, number[]>([[index, []]]);
  for (const [bucket, at] of table.entries()) {
    const buckets = held.get(at) ?? [];
    buckets.push(bucket);
    held.set(at, buckets);
  }
  const wanted = Math.floor(bucketCount / held.size);
  const others = [...held].filter(([at]) => at !== index).map(([, buckets]) => buckets);
  for (let has = held.get(index)?.length ?? 0; has < wanted; has++) {
    const richest = others.reduce((most, one) => (one.length > most.length ? one : most), []);
    const bucket = richest.pop();
    if (bucket === undefined) break;
    table[bucket] = index;
  }
  return { ...added, tables: new Map(added.tables).set(cell.region, table) };
}

/** Moves up to `count` buckets from one cell to another of its region. */
export function moved(layout: Layout, from: CellId, to: CellId, count: number): Layout {
  const [fromIndex, toIndex] = [from, to].map((id) => layout.cells.findIndex((cell) => cell.id === id));
  const region = layout.cells[fromIndex ?? -1]?.region;
  if (fromIndex === undefined || toIndex === undefined || region === undefined)
    throw new Error(`no cell ${from}`);
  if (layout.cells[toIndex]?.region !== region) throw new Error(`${to} is no cell of region ${region}`);
  const table = Uint16Array.from(layout.tables.get(region) ?? []);
  let left = count;
  for (let bucket = 0; bucket < table.length && left > 0; bucket++) {
    if (table[bucket] !== fromIndex) continue;
    table[bucket] = toIndex;
    left--;
  }
  return { ...layout, tables: new Map(layout.tables).set(region, table) };
}

/** Pins users to a cell, in its region, whatever their buckets say. */
export function overridden(layout: Layout, users: readonly UserId[], cellId: CellId): Layout {
  const cell = layout.cells.find(({ id }) => id === cellId);
  if (!cell) throw new Error(`no cell ${cellId}`);
  const overrides = new Map(layout.overrides);
  for (const user of users) {
    const elsewhere = (overrides.get(user) ?? []).filter(({ region }) => region !== cell.region);
    overrides.set(user, [...elsewhere, cell]);
  }
  return { ...layout, overrides };
}

/** By their buckets again, everywhere. */
export function withoutOverrides(layout: Layout, users: readonly UserId[]): Layout {
  const overrides = new Map(layout.overrides);
  for (const user of users) overrides.delete(user);
  return { ...layout, overrides };
}

export function layoutDocument({ cells, tables, overrides }: Layout): LayoutDocument {
  const regions: LayoutDocument['regions'] = {};
  for (const [region, table] of tables) regions[region] = encodeTable(table);
  const overriding: LayoutDocument['overrides'] = {};
  for (const [user, pinned] of overrides) overriding[user] = pinned.map(({ id }) => id);
  return { cells: [...cells], regions, overrides: overriding };
}

export async function signPins(document: PinsDocument, key: JWK): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(document)))
    .setProtectedHeader({ alg: 'EdDSA', typ: pinsType, kid: key.kid ?? 'pins' })
    .sign(await importJWK(key, 'EdDSA'));
}

/** Buckets given to `cellIndexes` in turn. */
export function tableOf(cellIndexes: readonly number[]): Uint16Array {
  return Uint16Array.from({ length: bucketCount }, (_, at) => cellIndexes[at % cellIndexes.length] ?? 0);
}

/** Little-endian u16, base64url. */
export function encodeTable(table: Uint16Array): string {
  const bytes = new Uint8Array(table.length * 2);
  const view = new DataView(bytes.buffer);
  for (const [bucket, index] of table.entries()) view.setUint16(bucket * 2, index, true);
  return base64url.encode(bytes);
}

/** The same pins over cells that are changed or added at the end, so that indexes hold. */
function rebuilt(layout: Layout, cells: readonly Cell[]): Layout {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const overrides = new Map<UserId, Cell[]>();
  for (const [user, pinned] of layout.overrides)
    overrides.set(
      user,
      pinned.map((cell) => byId.get(cell.id) ?? cell),
    );
  return { cells, tables: layout.tables, overrides };
}
