import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { TreePath } from '../file-tree.ts';
import type { LazyMount } from '../lazy/lazy-mount.ts';
import type { VolumePointer } from '../volume-pointer.ts';
import type { IndexDirectory } from './live-index.ts';

/** What is known of one live directory; the lock of its workspace guards every change of it. */
export interface LiveState {
  root: FileHandle;
  index: IndexDirectory;
  /** Its bytes are fetched as they are read; null where the whole of it is here. */
  lazy: LazyMount | null;
  pointer: VolumePointer;
  clock: Clock;
  random: Random;
  /** Aborts when the directory is let go. */
  signal: AbortSignal;
  /** Each capture under way notes here what contents change meanwhile: what it says of that is older. */
  recorders: Set<TreePath[]>;
}
