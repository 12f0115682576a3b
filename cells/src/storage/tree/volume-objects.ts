/**
 * The objects of one volume: chunks, lists of runs and directories, each under its sha256 in the volume's
 * own namespace. What is read is checked against its name, so a damaged object is an error and never data.
 *
 * A removal that the store left unanswered may arrive later, after the same bytes were stored again. So while one is in
 * doubt what is stored gets another name, `<sha256>.<sweeps>`, which no removal before it can mean; whoever finds
 * nothing under the plain name looks for such.
 */
import { createHash } from 'node:crypto';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { VolumeId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { VolumeRow } from '../manifests/manifest-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { DirectoryCache } from './directory-cache.ts';
import { decodeDirectory, decodeRuns, encodeDirectory, encodeRuns } from './directory-object.ts';
import { type Entries, noEntries, type Run } from './entry.ts';
import { paced } from './paced.ts';
import type { Semaphore } from './semaphore.ts';
import { decodePack, encodePack, packedBytes } from './tree-pack.ts';

export type ObjectKind = 'chunks' | 'lists' | 'directories' | 'packs';

export interface VolumeObjects {
  readonly prefix: string;
  /** Chunks in `known` are stored already (a version before has them) and are not sent again. */
  putChunk(bytes: Uint8Array, known: ReadonlySet<string>, signal?: AbortSignal): Promise<string>;
  getChunk(sha256: string, signal?: AbortSignal): Promise<Buffer>;
  putRuns(runs: readonly Run[], signal?: AbortSignal): Promise<string>;
  getRuns(sha256: string, signal?: AbortSignal): Promise<Run[]>;
  /** Null for an empty directory, which needs no object. */
  putDirectory(entries: Entries, signal?: AbortSignal): Promise<string | null>;
  getDirectory(sha256: string | null, signal?: AbortSignal): Promise<Entries>;
  /** Null where it is not cached. */
  cachedDirectory(sha256: string): Entries | null;
  /** All directories of a tree at once, where somebody has stored them so (tree-pack.ts); what can be used of them. */
  getPack(tree: string, signal?: AbortSignal): Promise<ReadonlyMap<string, Entries>>;
  hasPack(tree: string, signal?: AbortSignal): Promise<boolean>;
  putPack(tree: string, directories: readonly Buffer[], signal?: AbortSignal): Promise<void>;
  /** After objects were removed: what is cached may no longer be stored. */
  forgetCached(): void;
  /** Removals of that sweep may arrive from now on; null: each was answered. */
  doubt(sweeps: number | null): void;
}

export interface VolumeObjectTools {
  store: ObjectStore;
  cache: DirectoryCache;
  /** Bounds the chunks in memory over all volumes. */
  inFlight: Semaphore;
}

export const objectKey = (prefix: string, kind: ObjectKind, sha256: string) => `${prefix}${kind}/${sha256}`;
export const volumePrefix = (volumeId: VolumeId) => `volumes/${volumeId}/`;
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A removal that was sent under another name leaves this one alone; whether it is kept goes by the plain one. */
export const plainKey = (key: string): string => key.replace(/\.\d+$/, '');

export function createVolumeObjects(
  { volumeId, sweeps, doubtfulUntilMs }: Pick<VolumeRow, 'volumeId' | 'sweeps' | 'doubtfulUntilMs'>,
  tools: VolumeObjectTools,
): VolumeObjects {
  const objects = createObjectsUnder(volumePrefix(volumeId), tools, sweeps);
  if (doubtfulUntilMs !== null) objects.doubt(sweeps);
  return objects;
}

/**
 * The same in a namespace that is no volume's (cells/src/environments). `sweeps`: what was cached before the last of
 * them is not believed; another process may have removed it.
 */
export function createObjectsUnder(prefix: string, tools: VolumeObjectTools, sweeps: number): VolumeObjects {
  const { store, cache, inFlight } = tools;
  let doubted: number | null = null;
  const cacheKey = (sha256: string) => `${prefix}${sweeps}/${sha256}`;
  const put = async (
    kind: ObjectKind,
    bytes: Uint8Array,
    signal?: AbortSignal,
    known?: ReadonlySet<string>,
  ): Promise<string> => {
    const sha256 = sha256Of(bytes);
    if (known?.has(sha256)) return sha256;
    const key = objectKey(prefix, kind, sha256);
    await inFlight.run(() => store.put(doubted === null ? key : `${key}.${doubted}`, bytes, signal));
    return sha256;
  };
  const get = async (kind: ObjectKind, sha256: string, signal?: AbortSignal): Promise<Buffer> => {
    const key = objectKey(prefix, kind, sha256);
    const find = async () => (await store.get(key, signal)) ?? (await underAnotherName(store, key, signal));
    return checked(await inFlight.run(find), sha256, key);
  };
  return {
    prefix,
    putChunk: (bytes, known, signal) => put('chunks', bytes, signal, known),
    getChunk: (sha256, signal) => get('chunks', sha256, signal),
    putRuns: (runs, signal) => put('lists', encodeRuns(runs), signal),
    getRuns: async (sha256, signal) => decodeRuns(await get('lists', sha256, signal), sha256),
    async putDirectory(entries, signal) {
      if (entries.size === 0) return null;
      const bytes = encodeDirectory(entries);
      const sha256 = sha256Of(bytes);
      if (cache.get(cacheKey(sha256))) return sha256;
      await put('directories', bytes, signal);
      cache.set(cacheKey(sha256), entries, bytes.length);
      return sha256;
    },
    async getDirectory(sha256, signal) {
      if (sha256 === null) return noEntries;
      const known = cache.get(cacheKey(sha256));
      if (known) return known;
      const bytes = await get('directories', sha256, signal);
      const entries = decodeDirectory(bytes, sha256);
      cache.set(cacheKey(sha256), entries, bytes.length);
      return entries;
    },
    cachedDirectory: (sha256) => cache.get(cacheKey(sha256)),
    async getPack(tree, signal) {
      const bytes = await inFlight.run(() => store.get(objectKey(prefix, 'packs', tree), signal));
      const keep = (sha256: string, entries: Entries, size: number) =>
        cache.set(cacheKey(sha256), entries, size);
      return bytes ? directoriesOf(bytes, keep, signal) : new Map();
    },
    hasPack: (tree, signal) => store.has(objectKey(prefix, 'packs', tree), signal),
    async putPack(tree, directories, signal) {
      const bytes = await encodePack(directories);
      await inFlight.run(() => store.put(objectKey(prefix, 'packs', tree), bytes, signal));
    },
    forgetCached: () => cache.forget(prefix),
    doubt(sweeps) {
      doubted = sweeps;
    },
  };
}

/** What can be used of a pack; `keep` is given what few of it may be cached: the first, which are the topmost. */
async function directoriesOf(
  pack: Buffer,
  keep: (sha256: string, entries: Entries, bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Map<string, Entries>> {
  const { entriesMax, cachedBytesMax } = limits.storage.packs;
  const found = new Map<string, Entries>();
  let [count, cached] = [0, 0];
  try {
    for await (const directory of paced(await decodePack(pack), packedBytes, signal)) {
      const sha256 = sha256Of(directory);
      const entries = decodeDirectory(directory, sha256);
      count += entries.size;
      if (count > entriesMax) break;
      found.set(sha256, entries);
      cached += directory.length;
      if (cached <= cachedBytesMax) keep(sha256, entries, directory.length);
    }
  } catch {
    signal?.throwIfAborted();
    // What is damaged, or of another version, is read by itself.
  }
  return found;
}

async function underAnotherName(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | null> {
  for await (const other of store.list(`${key}.`, signal)) {
    const bytes = await store.get(other, signal);
    if (bytes) return bytes;
  }
  return null;
}

function checked(bytes: Buffer | null, sha256: string, key: string): Buffer {
  if (bytes && sha256Of(bytes) === sha256) return bytes;
  throw new CellbookError('store_unavailable', {
    doing: `reading ${key}`,
    problem: bytes ? 'the object is damaged' : 'the object is missing from the store',
    next: 'Try again; if it fails again, restore an earlier version or ask your operator.',
  });
}
