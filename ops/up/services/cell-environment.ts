import { join } from 'node:path';
import type { SandboxDriverName } from '../config.ts';

/** What a cell's controller and its hosts are told alike. */
export interface CellEnvironment {
  cellId: string;
  databaseUrl: string;
  objects: string;
  sandboxDriver: SandboxDriverName;
  runsc: string | null;
  imageDirectory: string | null;
  egress: string | null;
  /** Whether an image that nothing good is known of may be rolled out. */
  imageScan: 'warn' | 'refuse';
  /** Sandboxes that hosts keep ready. */
  pool: string;
  /** What of this machine's memory its sandboxes may count on. */
  machineMemoryBytes: number;
  cacheDirectory: string;
}

export function cellEnvironment(options: CellEnvironment): Record<string, string> {
  return {
    CELLBOOK_CELL_ID: options.cellId,
    DATABASE_URL: options.databaseUrl,
    CELLBOOK_OBJECTS: options.objects,
    CELLBOOK_SANDBOX_DRIVER: options.sandboxDriver,
    ...(options.runsc === null ? {} : { CELLBOOK_RUNSC: options.runsc }),
    ...(options.imageDirectory === null ? {} : { CELLBOOK_IMAGE_DIR: options.imageDirectory }),
    ...(options.egress === null ? {} : { CELLBOOK_EGRESS: options.egress }),
    CELLBOOK_POOL: options.pool,
    CELLBOOK_IMAGE_SCAN: options.imageScan,
    // Made once for all hosts of this machine, and found again by the next platform that runs the same.
    CELLBOOK_GOLDEN_DIR: join(options.cacheDirectory, 'golden'),
    CELLBOOK_MACHINE_MEMORY_MIB: String(Math.floor(options.machineMemoryBytes / 2 ** 20)),
    // Every start reads some hundred files of TypeScript; their compiled form is kept.
    NODE_COMPILE_CACHE: join(options.cacheDirectory, 'node-compile-cache'),
  };
}
