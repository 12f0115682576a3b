import type { Entry } from './entry.ts';
import { objectKey, type VolumeObjects } from './volume-objects.ts';

/**
 * The keys of every object that the given roots refer to. A directory that several versions share is walked
 * once, so this costs what has changed between them.
 */
export async function reachableKeys(
  objects: VolumeObjects,
  roots: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const keys = new Set<string>();
  const waiting = [...roots];
  for (let sha256 = waiting.pop(); sha256 !== undefined; sha256 = waiting.pop()) {
    signal.throwIfAborted();
    const key = objectKey(objects.prefix, 'directories', sha256);
    if (keys.has(key)) continue;
    keys.add(key);
    for (const entry of (await objects.getDirectory(sha256, signal)).values())
      await addEntry(objects, entry, keys, waiting, signal);
  }
  return keys;
}

async function addEntry(
  objects: VolumeObjects,
  entry: Entry,
  keys: Set<string>,
  waiting: string[],
  signal: AbortSignal,
): Promise<void> {
  if (entry.type === 'directory' && entry.sha256 !== null) waiting.push(entry.sha256);
  if (entry.type !== 'file' || entry.content.in === 'line') return;
  if (entry.content.in === 'list') {
    const key = objectKey(objects.prefix, 'lists', entry.content.sha256);
    if (keys.has(key)) return;
    keys.add(key);
  }
  const runs =
    entry.content.in === 'list' ? await objects.getRuns(entry.content.sha256, signal) : entry.content.runs;
  for (const [sha256] of runs) if (sha256 !== null) keys.add(objectKey(objects.prefix, 'chunks', sha256));
}
