/**
 * The newest epoch that a host has seen of each workspace, kept where it outlives the host's process: a file
 * per workspace beside its live directory, written under another name, synced and renamed before anything is
 * done under the epoch. So a daemon that comes back refuses whoever it refused before.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export interface EpochBook {
  known(): Iterable<[WorkspaceId, number]>;
  /** Resolves when it would survive the end of this process and of the host. */
  raise(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** Resolves when everything raised so far of this workspace is kept; what could not be is tried again. */
  settled(workspaceId: WorkspaceId): Promise<void>;
  /** Of one that is gone for good (daemon/forget-purged.ts says when that is safe). Idempotent. */
  forget(workspaceId: WorkspaceId): Promise<void>;
}

/** For a host that dies with its process: what it ran dies with it, and the row's epoch fences the rest. */
export const noEpochBook: EpochBook = {
  known: () => [],
  raise: async () => {},
  settled: async () => {},
  forget: async () => {},
};

const epochSchema = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

export async function openEpochBook(directory: string): Promise<EpochBook> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const known = new Map<WorkspaceId, number>();
  const writing = new Map<WorkspaceId, Promise<void>>();
  for (const name of await readdir(directory)) {
    const id = workspaceIdSchema.safeParse(name);
    // A draft, or a stranger's.
    if (!id.success) continue;
    const epoch = epochSchema.safeParse(await readFile(join(directory, name), 'utf8'));
    if (!epoch.success) throw illegible(join(directory, name), id.data);
    known.set(id.data, epoch.data);
  }

  const unkept = new Set<WorkspaceId>();

  async function write(workspaceId: WorkspaceId): Promise<void> {
    // Forgotten while it waited for its turn.
    if (!known.has(workspaceId)) return;
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

  const keep = (workspaceId: WorkspaceId): Promise<void> => inTurn(workspaceId, () => write(workspaceId));

  function inTurn(workspaceId: WorkspaceId, work: () => Promise<void>): Promise<void> {
    unkept.add(workspaceId);
    const before = writing.get(workspaceId) ?? Promise.resolve();
    const written = before.catch(() => {}).then(work);
    writing.set(workspaceId, written);
    const forget = (isKept: boolean) => {
      if (writing.get(workspaceId) !== written) return;
      writing.delete(workspaceId);
      if (isKept) unkept.delete(workspaceId);
    };
    written.then(
      () => forget(true),
      () => forget(false),
    );
    return written;
  }

  return {
    known: () => known.entries(),
    raise(workspaceId, epoch) {
      known.set(workspaceId, Math.max(epoch, known.get(workspaceId) ?? 0));
      return keep(workspaceId);
    },
    settled(workspaceId) {
      const underWay = writing.get(workspaceId);
      if (underWay) return underWay;
      // A full disk, say: nothing is done under an epoch that a restart would not know.
      return unkept.has(workspaceId) ? keep(workspaceId) : Promise.resolve();
    },
    forget(workspaceId) {
      known.delete(workspaceId);
      return inTurn(workspaceId, async () => {
        // It may have been seen again meanwhile.
        if (!known.has(workspaceId)) await rm(join(directory, workspaceId), { force: true });
      });
    },
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

/** Without it, whoever was refused before would be obeyed. */
const illegible = (file: string, workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: 'reading which epochs this host has seen',
    problem: `${file} holds no epoch`,
    next: "Write the epoch of the workspace's row into it, or remove it when no older controller is left.",
    ids: { workspaceId },
  });
