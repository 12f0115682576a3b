import { rename } from 'node:fs/promises';
import type { Random } from '@cellbook/shared/random.ts';
import { at, createFile, giveToSandbox, type Place, removeTree } from './beneath.ts';
import { writeAll } from './materialise.ts';
import { temporaryName } from './reserved-names.ts';
import { treeCall } from './tree-call.ts';

/** Bytes to a new file that takes the name at once: a reader inside sees the old file or the new one, whole. */
export async function writeBytes(
  place: Place,
  bytes: Uint8Array,
  mode: number,
  random: Random,
): Promise<void> {
  const temporary = { directory: place.directory, name: temporaryName(random.uuid()) };
  const handle = await createFile(temporary, 0o600);
  try {
    await writeAll(handle, bytes, 0);
    await giveToSandbox(temporary);
    await handle.chmod(mode);
    await treeCall(() => rename(at(temporary), at(place)));
  } catch (error) {
    await removeTree(temporary);
    throw error;
  } finally {
    await handle.close();
  }
}
