import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { savePack } from '../tree/save-pack.ts';
import { filesRoot } from '../tree/volume-root.ts';
import type { LiveVolume } from './live-volume.ts';

/** For the host that has the files next (tree/tree-pack.ts): no more than a hint, whose failure holds nothing up. */
export async function packDirectories(
  { lost, state }: LiveVolume,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<void> {
  if (lost) return;
  const { objects, row } = state.pointer;
  const doing = { code: 'store_unavailable', doing: 'storing all directories at once' } as const;
  const save = async (signal: AbortSignal) => {
    const { sha256 } = await filesRoot(objects, row.root);
    await savePack(objects, sha256, async (each) => objects.cachedDirectory(each), signal);
  };
  await withDeadline(clock, limits.storage.packs.saveMsMax, doing, save).catch((error: unknown) => {
    const { workspaceId } = row;
    log.info({ err: error, workspaceId }, 'the directories of a volume were not stored at once');
  });
}
