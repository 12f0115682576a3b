/**
 * Removes objects of layers that no workspace refers to any more, an organisation at a time, by the cell's controller:
 *
 *     layers that are referred to ─▶ what they reach ─▶ the other keys ─▶ remove some, in a turn ─▶ …
 *                                                                          │
 *                                      in a turn nobody stores, and no other layer is referred to by now
 *
 * Turns are short, since a suspend may wait for one. A layer that cannot be read ends a sweep before anything is
 * removed.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { repeatEvery } from '../repeat.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import { DirectoryCache } from '../storage/tree/directory-cache.ts';
import { reachableKeys } from '../storage/tree/reachable.ts';
import { Semaphore } from '../storage/tree/semaphore.ts';
import { objectKey } from '../storage/tree/volume-objects.ts';
import type { EnvironmentStore, Layer } from './environment-store.ts';
import { createOrgObjects, layersPrefix } from './org-objects.ts';

const { deletesPerLook, deletesPerTurn, sweepLeaseMs, sweepPassMs, sweepPassMax } = limits.environments;

export interface SweepLayersParts {
  environments: EnvironmentStore;
  objects: ObjectStore;
  clock: Clock;
  log: Logger;
  /** Absent: nobody watches. */
  metrics?: Metrics;
}

/** A pass every so often, until closed; closing ends the one under way and waits for it. */
export function openLayerSweeps(parts: SweepLayersParts): { close(): Promise<void> } {
  const stop = new AbortController();
  let pass: Promise<unknown> = Promise.resolve();
  const once = () => {
    pass = sweepDue(parts, stop.signal);
    return pass;
  };
  const timer = repeatEvery(parts.clock, sweepPassMs, once, parts.log);
  const measuring = openMeasuring(parts);
  return {
    async close() {
      timer.cancel();
      measuring?.cancel();
      stop.abort(new Error('sweeping stopped'));
      await pass.catch(() => {});
    },
  };
}

/** What all of them hold, for operators: a statement that reads every row. */
function openMeasuring({ metrics, environments, clock, log }: SweepLayersParts): Timer | null {
  if (!metrics) return null;
  const bytes = metrics.gauge(
    'cellbook_cell_environment_bytes',
    'Installed packages: as counted for each workspace, and as stored, each layer once for its organisation.',
    ['as'],
  );
  const measure = async () => {
    const { countedBytes, layerBytes } = await environments.totals();
    bytes.set({ as: 'counted' }, countedBytes);
    bytes.set({ as: 'stored' }, layerBytes);
  };
  for (const as of ['counted', 'stored']) bytes.set({ as }, 0);
  return repeatEvery(clock, limits.environments.measureEveryMs, measure, log);
}

/** One pass. What fails is logged and comes again. */
export async function sweepDue(parts: SweepLayersParts, signal: AbortSignal): Promise<void> {
  for (const orgId of await parts.environments.due(sweepPassMax)) {
    if (signal.aborted) return;
    try {
      const removed = await sweepLayers(parts, orgId, signal);
      if (removed > 0) parts.log.info({ orgId, removed }, 'removed what no installed packages refer to');
    } catch (error) {
      parts.log.warn({ err: error, orgId }, 'layers were not swept; they come again');
    }
  }
}

/** Gives how many objects went; fewer than could where somebody has stored meanwhile, who makes it due again. */
export async function sweepLayers(
  parts: SweepLayersParts,
  orgId: OrgId,
  signal: AbortSignal,
): Promise<number> {
  const { environments, objects } = parts;
  const layers = await environments.layers(orgId);
  const kept = await keptKeys(parts, orgId, layers, signal);
  const known = new Set(layers.flatMap(namesOf));
  let removed = 0;
  let turn: string[] = [];
  for await (const key of objects.list(layersPrefix(orgId), signal)) {
    if (kept.has(key)) continue;
    turn.push(key);
    if (turn.length < deletesPerTurn) continue;
    if (!(await removeTurn(parts, orgId, turn, known, signal))) return removed;
    removed += turn.length;
    turn = [];
  }
  if (!(await removeTurn(parts, orgId, turn, known, signal))) return removed;
  const now = new Set((await environments.layers(orgId)).flatMap(namesOf));
  // What was let go meanwhile is for the next sweep.
  if ([...known].every((name) => now.has(name))) await environments.swept(orgId);
  return removed + turn.length;
}

/** False where a capture is under way, or a layer is referred to that was not when we looked at what to keep. */
async function removeTurn(
  { environments, objects }: SweepLayersParts,
  orgId: OrgId,
  keys: readonly string[],
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<boolean> {
  const begun = await environments.beginSweep(orgId, sweepLeaseMs);
  if (!begun) return false;
  const { sweeps, layers } = begun;
  try {
    if (!layers.flatMap(namesOf).every((name) => known.has(name))) return false;
    for (const [index, key] of keys.entries()) {
      signal.throwIfAborted();
      const isLook = index > 0 && index % deletesPerLook === 0;
      if (isLook && !(await environments.renewSweep(orgId, sweeps, sweepLeaseMs))) throw lost(orgId);
      await objects.delete(key);
    }
    return true;
  } finally {
    await environments.endSweep(orgId, sweeps);
  }
}

const namesOf = ({ root, times }: Layer): string[] => [`root ${root}`, `times ${times}`];

/** Read anew: a layer of which a part is missing must not pass for a small one. */
async function keptKeys(
  { objects: store }: SweepLayersParts,
  orgId: OrgId,
  layers: readonly Layer[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const cache = new DirectoryCache(limits.storage.directoryCacheBytesMax);
  const tools = { store, cache, inFlight: new Semaphore(limits.storage.chunksInFlightMax) };
  const objects = createOrgObjects(orgId, tools, { sweeps: 0 });
  const roots = new Set(layers.flatMap(({ root }) => (root === null ? [] : [root])));
  const kept = await reachableKeys(objects, [...roots], signal);
  for (const { times } of layers) if (times !== null) kept.add(objectKey(objects.prefix, 'chunks', times));
  return kept;
}

const lost = (orgId: OrgId): CellbookError =>
  new CellbookError('conflict', {
    doing: 'removing what no installed packages refer to',
    problem: 'a turn took longer than its lease, and somebody else may have begun',
    ids: { orgId },
  });
