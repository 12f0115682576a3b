/**
 * Sets modification times to the nanosecond. Node takes times as doubles, which are off by up to 119 ns
 * today, and a kernel that compares times (make, Jupyter's own conflict check) would see files change over a
 * suspend. Times that a double expresses Node sets itself (an empty home has no others); for the rest a Python
 * process that stays is asked (time-setter.ts). Where there is no Python the nearest double is used, and the
 * stored tree still keeps the exact time.
 */
import type { FileHandle } from 'node:fs/promises';
import { lutimes } from 'node:fs/promises';
import { limits } from '@cellbook/shared/limits.ts';
import { secondsOf, settableNs } from '../double-seconds.ts';
import { nameToBytes } from '../tree/name.ts';
import { at, openDirectory, type Place } from './beneath.ts';
import { TimeSetter } from './time-setter.ts';
import { treeCall } from './tree-call.ts';

export interface TimeToSet {
  path: readonly string[];
  mtimeNs: string;
}

/** The system's own first: it starts in 15 ms, a version manager's shim in 150. */
const pythons = ['/usr/bin/python3', 'python3'];
let inUse = 0;
let setter: TimeSetter | null = null;

/** Times are set in the order given: a directory's must come after those of what is in it. */
export async function setExactTimes(root: FileHandle, times: readonly TimeToSet[]): Promise<void> {
  const isExact = ({ mtimeNs }: TimeToSet) => settableNs(BigInt(mtimeNs)) === BigInt(mtimeNs);
  const nodeCan = times.length <= limits.storage.timesByNodeMax && times.every(isExact);
  if (!nodeCan && (await setWithPython(root, times))) return;
  for (const { path, mtimeNs } of times) await setNearest(root, path, secondsOf(BigInt(mtimeNs)));
}

/** In pieces, so that a large tree does not keep the small ones waiting. */
async function setWithPython(root: FileHandle, times: readonly TimeToSet[]): Promise<boolean> {
  for (let start = 0; start < times.length; start += limits.storage.timesPerAsk) {
    const records = Buffer.concat(times.slice(start, start + limits.storage.timesPerAsk).map(recordOf));
    if (!(await askAny(root.fd, records))) return false;
  }
  return true;
}

/** One that never answered is not asked again: the next name is tried, and so on in a circle. */
async function askAny(descriptor: number, records: Buffer): Promise<boolean> {
  for (let attempt = 0; attempt <= pythons.length; attempt++) {
    if (!setter || setter.ended) setter = new TimeSetter(pythons[inUse] ?? 'python3');
    const asked = setter;
    if (await asked.ask(descriptor, records)) return true;
    if (!asked.ended) return false;
    if (!asked.hasAnswered && setter === asked) inUse = (inUse + 1) % pythons.length;
  }
  return false;
}

function recordOf({ path, mtimeNs }: TimeToSet): Buffer {
  const named = path.length === 0 ? ['.'] : path;
  const names = Buffer.concat(named.flatMap((name) => [slash, nameToBytes(name)])).subarray(1);
  return Buffer.concat([Buffer.from(`${mtimeNs}\0`), names, Buffer.from('\0\0')]);
}

const slash = Buffer.from('/');

async function setNearest(root: FileHandle, path: readonly string[], seconds: number): Promise<void> {
  const held: FileHandle[] = [];
  try {
    const here = () => held.at(-1) ?? root;
    for (const name of path.slice(0, -1)) held.push(await openDirectory({ directory: here(), name }));
    const place: Place = { directory: here(), name: path.at(-1) ?? '.' };
    await treeCall(() => lutimes(at(place), seconds, seconds));
  } finally {
    for (const handle of held.reverse()) await handle.close();
  }
}
