/**
 * Puts a layer where an environment belongs. It is made beside the files, in the same file system and out of the
 * sandbox's sight, and moved into place whole: code that runs meanwhile sees what was there, or what is there now,
 * and can lead nothing that we write anywhere else. What was there is moved out the same way, and then removed.
 *
 *     <home>/environment-new ──rename──▶ <home>/files/.cellbook-environment ──rename──▶ <home>/environment-old
 */
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { at, openRoot, removeTree, statOf } from '../storage/live/beneath.ts';
import { orAbsent } from '../storage/live/errno.ts';
import { setExactTimes } from '../storage/live/exact-times.ts';
import type { VolumeObjects } from '../storage/tree/volume-objects.ts';
import type { Layer } from './environment-store.ts';
import type { LayerCache } from './layer-cache.ts';
import { environmentName } from './layout.ts';
import { DamagedLayer } from './org-objects.ts';
import { readTimes } from './times.ts';

const newName = 'environment-new';
const oldName = 'environment-old';

export interface PutLayer {
  cache: LayerCache;
  orgId: OrgId;
  objects: VolumeObjects;
  /** The live directory of the files. */
  directory: string;
  layer: Layer;
  signal: AbortSignal;
}

/** Gives the time, by the file system's clock, until which everything in it is the layer's; null for an empty one. */
export async function putLayer(put: PutLayer): Promise<bigint | null> {
  const { directory, layer } = put;
  const home = await openRoot(dirname(directory));
  const files = await openRoot(directory);
  try {
    const beside = (name: string) => ({ directory: home, name });
    for (const name of [newName, oldName]) await removeTree(beside(name));
    const place = { directory: files, name: environmentName };
    if (layer.root !== null) await makeDraft(put, join(dirname(directory), newName));
    const { mtimeNs } = await files.stat({ bigint: true });
    await orAbsent(rename(at(place), at(beside(oldName))));
    if (layer.root !== null) await rename(at(beside(newName)), at(place));
    await setExactTimes(files, [{ path: [], mtimeNs: String(mtimeNs) }]);
    await removeTree(beside(oldName));
    const stats = layer.root === null ? null : await statOf(place);
    return stats?.ctimeNs ?? null;
  } finally {
    await Promise.all([home.close(), files.close()]);
  }
}

async function makeDraft(put: PutLayer, path: string): Promise<void> {
  const { cache, orgId, objects, layer, signal } = put;
  // Without them everything works but a restore from memory; the next capture sees that they are not as they were.
  const times = await readTimes(objects, layer.times, signal).catch((error: unknown) => {
    if (error instanceof DamagedLayer) return [];
    throw error;
  });
  await mkdir(path, { mode: 0o700 });
  await cache.copyTo(path, orgId, layer, objects, signal);
  const draft = await openRoot(path);
  await setExactTimes(draft, times).finally(() => draft.close());
}
