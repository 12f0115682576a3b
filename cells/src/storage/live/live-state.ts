import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { TreePath } from '../file-tree.ts';
import type { VolumePointer } from '../volume-pointer.ts';
import type { IndexDirectory } from './live-index.ts';

/** What is known of one live directory; the lock of its workspace guards every change of it. */
export interface LiveState {
  root: FileHandle;
  index: IndexDirectory;
  pointer: VolumePointer;
  clock: Clock;
  random: Random;
  /** Aborts when the directory is let go. */
  signal: AbortSignal;
  /** Paths that contents changed since the running scan began: what the scan says of them is older. */
  touched: TreePath[];
}
