/**
 * What this host knows about each of its live directories, in a file beside them: which epoch filled it and
 * whether it is whole. A directory with no marker, or one that says `filling`, holds nothing that storage
 * does not have; one that says `ready` may hold what code wrote last. After a restart of the host itself it
 * is not believed: what was in the page cache is gone, and an old or empty file may stand for a saved one.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { orAbsent } from './errno.ts';

const markerSchema = z.object({
  workspaceId: workspaceIdSchema,
  epoch: z.int().nonnegative(),
  /** Set while a newer owner takes the directory over as it is. */
  nextEpoch: z.int().nonnegative().optional(),
  /** The manifest version that it was filled from. */
  version: z.int().nonnegative(),
  state: z.enum(['filling', 'ready']),
  /** Set where its bytes are fetched as they are read: the root that lies under it. */
  over: z.object({ root: z.string().nullable() }).optional(),
  /** The run of the host's kernel that it was filled under. */
  bootId: z.string(),
});
export type Marker = z.infer<typeof markerSchema>;

/** Whether a row of this epoch means the directory that the marker stands for. */
export const isOfEpoch = ({ epoch, nextEpoch }: Marker, rowEpoch: number): boolean =>
  rowEpoch === epoch || rowEpoch === nextEpoch;

/** Changes when the host starts anew, and not when the cell does. */
export function readBootId(): Promise<string> {
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    (error: unknown) => {
      bootId = null;
      throw error;
    },
  );
  return bootId;
}

/** It cannot change under a process that runs. */
let bootId: Promise<string> | null = null;

export interface Markers {
  read(workspaceId: WorkspaceId): Promise<Marker | null>;
  write(marker: Marker): Promise<void>;
  remove(workspaceId: WorkspaceId): Promise<void>;
}

export function createMarkers(directory: string, random: Random): Markers {
  const pathOf = (workspaceId: WorkspaceId) => join(directory, `${workspaceId}.json`);
  return {
    async read(workspaceId) {
      const text = await orAbsent(readFile(pathOf(workspaceId), 'utf8'));
      if (text === null) return null;
      const parsed = markerSchema.safeParse(parseJson(text));
      return parsed.success ? parsed.data : null;
    },
    async write(marker) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const temporary = `${pathOf(marker.workspaceId)}.${random.uuid()}`;
      // Not synced: it is believed only by the run of the host's kernel that has it in memory.
      await writeFile(temporary, JSON.stringify(marker), { flag: 'wx', mode: 0o600 });
      await rename(temporary, pathOf(marker.workspaceId));
    },
    remove: (workspaceId) => rm(pathOf(workspaceId), { force: true }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
