/**
 * The newest epoch that a host has seen of each workspace, kept where it outlives the host's process: a file
 * per workspace beside its live directory, written under another name, synced and renamed before anything is
 * done under the epoch. So a daemon that comes back refuses whoever it refused before.
 */
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export interface EpochBook {
  known(): Iterable<[WorkspaceId, number]>;
  /** Resolves when it would survive the end of this process and of the host. */
  raise(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** Resolves when everything raised so far of this workspace is kept. */
  settled(workspaceId: WorkspaceId): Promise<void>;
}

/** For a host that dies with its process: what it ran dies with it, and the row's epoch fences the rest. */
export const noEpochBook: EpochBook = {
  known: () => [],
  raise: async () => {},
  settled: async () => {},
};

const epochText = z.coerce.number().int().nonnegative();

export async function openEpochBook(directory: string): Promise<EpochBook> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const known = new Map<WorkspaceId, number>();
  const writing = new Map<WorkspaceId, Promise<void>>();
  for (const name of await readdir(directory)) {
    const id = workspaceIdSchema.safeParse(name);
    const epoch = epochText.safeParse(await readFile(join(directory, name), 'utf8'));
    if (id.success && epoch.success) known.set(id.data, epoch.data);
  }

  async function write(workspaceId: WorkspaceId): Promise<void> {
    // One writer per workspace at a time (below), so the draft's name needs no more than this.
    const draft = join(directory, `.${workspaceId}`);
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(String(known.get(workspaceId)));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(directory, workspaceId));
    await syncDirectory(directory);
  }

  return {
    known: () => known.entries(),
    raise(workspaceId, epoch) {
      known.set(workspaceId, Math.max(epoch, known.get(workspaceId) ?? 0));
      const before = writing.get(workspaceId) ?? Promise.resolve();
      const written = before.catch(() => {}).then(() => write(workspaceId));
      writing.set(workspaceId, written);
      const forget = () => {
        if (writing.get(workspaceId) === written) writing.delete(workspaceId);
      };
      written.then(forget, forget);
      return written;
    },
    settled: (workspaceId) => writing.get(workspaceId) ?? Promise.resolve(),
  };
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
