/**
 * Makes an image of gVisor's older than it is. When it saves, gVisor's timekeeper (pkg/sentry/kernel/timekeeper.go)
 * notes both clocks, and a restore lets the monotonic ones go on by as much as the wall clock of the host has moved
 * since. Set back by hours, what it noted of the wall clock is what an image has that was made hours ago. The state
 * file is uncompressed and without a key (pkg/state/statefile); an integer is a tag and a zigzag varint (pkg/state/wire):
 *
 *     … tag │ monotonic at the save, ns │ tag │ wall clock at the save, ns │ …
 *
 * Both stand side by side in no other place: one that is found twice, or not at all, is refused.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryPath } from '../snapshot/snapshot-files.ts';

/** `savedMs`: the wall clock before it was saved, and after. */
export async function ageImage(
  image: string,
  { hours, savedMs }: { hours: number; savedMs: readonly [number, number] },
): Promise<void> {
  const path = join(memoryPath(image), 'checkpoint.img');
  const state = await readFile(path);
  const found = placesOf(state, savedMs);
  const [place, ...others] = found;
  if (!place || others.length > 0)
    throw new Error(`the time of the save stands at ${found.length} places of ${path}`);
  const older = varintOf(place.wallNs - BigInt(hours) * 3_600n * 10n ** 9n);
  if (older.length !== place.length) throw new Error('an older time takes another number of bytes');
  older.copy(state, place.at);
  await writeFile(path, state);
}

const intTag = 1;
const million = 1_000_000n;
/** No sandbox of a test is older. */
const monotonicNsMax = 24n * 3_600n * 10n ** 9n;

interface Place {
  at: number;
  length: number;
  wallNs: bigint;
}

function placesOf(state: Buffer, [fromMs, toMs]: readonly [number, number]): Place[] {
  const places: Place[] = [];
  for (let tag = state.indexOf(intTag); tag >= 0; tag = state.indexOf(intTag, tag + 1)) {
    const monotonic = readInt(state, tag + 1);
    if (monotonic === null || monotonic.value <= 0n || monotonic.value > monotonicNsMax) continue;
    if (state[monotonic.end] !== intTag) continue;
    const at = monotonic.end + 1;
    const wall = readInt(state, at);
    if (wall === null) continue;
    const isThen = wall.value >= BigInt(fromMs) * million && wall.value <= BigInt(toMs) * million;
    if (isThen) places.push({ at, length: wall.end - at, wallNs: wall.value });
  }
  return places;
}

/** Of positive numbers alone: their zigzag is twice the number. */
function readInt(state: Buffer, at: number): { value: bigint; end: number } | null {
  let value = 0n;
  for (let index = 0; index < 10; index++) {
    const byte = state[at + index];
    if (byte === undefined) return null;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return value & 1n ? null : { value: value >> 1n, end: at + index + 1 };
  }
  return null;
}

function varintOf(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value << 1n;
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}
