import type { Staged, Surface } from '../surface.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import type { VolumePointer } from '../volume-pointer.ts';

/** What checkpoints and uploads need of the tree that they belong to. */
export interface MarkTools {
  surface: Surface;
  pointer: VolumePointer;
  commit(staged: Staged, extra?: readonly TreeChange[]): Promise<void>;
}

export const nothingStaged: Staged = { changes: [], settle: () => {} };
