/**
 * WorkspaceVolumes of a controller whose hosts are daemons. The row says where the files are: on a host, then
 * its daemon serves them; nowhere, then they are read and changed here, on the stored tree. Which of the two
 * is asked anew for every call, and a change that finds the files moved (`stale_epoch`: nothing was written)
 * is made again on the other side. While a host does not answer, reads are served from what is stored, which
 * has everything that was acknowledged.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { HostVolumes } from '../../storage/create-workspace-volumes.ts';
import type { FileTree, LiveFileTree } from '../../storage/file-tree.ts';
import { KeyedLock } from '../../storage/keyed-lock.ts';
import type { ManifestStore, VolumeRow } from '../../storage/manifests/manifest-store.ts';
import { noSuchVolume } from '../../storage/manifests/refusals.ts';
import type { TidiedVolumes } from '../../storage/tidy.ts';
import type { VersionsOfVolumes } from '../../storage/versions.ts';
import type { FilesOptions, FlushReport, WorkspaceVolumes } from '../../storage/workspace-volumes.ts';
import { attachedFilesSchema, flushReportSchema } from '../wire/commands.ts';
import type { HostClient } from './host-client.ts';
import { createRemoteTree } from './remote-tree.ts';

export interface RemoteVolumesParts {
  manifests: ManifestStore;
  /** Files that are on no host; it has no directory of its own. */
  stored: HostVolumes;
  clientOf(hostId: HostId): HostClient;
}

const movedAttemptsMax = 4;

export function createRemoteVolumes({
  manifests,
  stored,
  clientOf,
}: RemoteVolumesParts): WorkspaceVolumes & VersionsOfVolumes & TidiedVolumes {
  // An update is a compare-and-swap from here; in turn, those of this controller never fail each other.
  const updates = new KeyedLock<WorkspaceId>();

  async function rowOf(workspaceId: WorkspaceId): Promise<VolumeRow> {
    const row = await manifests.read(workspaceId);
    if (row) return row;
    throw noSuchVolume(workspaceId, 'opening the files');
  }

  const post = (hostId: HostId, workspaceId: WorkspaceId, command: string, epoch: number) => ({
    client: clientOf(hostId),
    ask: { method: 'POST' as const, path: `/v1/workspaces/${workspaceId}/files/${command}`, body: { epoch } },
  });

  async function command(row: VolumeRow, name: string, epoch: number, deadlineMs: number): Promise<void> {
    if (row.attachedHost === null) return;
    const { client, ask } = post(row.attachedHost, row.workspaceId, name, epoch);
    await client.call(z.object({}), { ...ask, deadlineMs });
  }

  /** The tree that is right now, and what to read from while its host does not answer. */
  async function treeOf(
    workspaceId: WorkspaceId,
    options: FilesOptions,
  ): Promise<{ tree: LiveFileTree; isRemote: boolean }> {
    const { attachedHost, epoch } = await rowOf(workspaceId);
    if (attachedHost === null) return { tree: await stored.files(workspaceId, options), isRemote: false };
    const parts = { ...options, client: clientOf(attachedHost), workspaceId, epoch };
    return { tree: createRemoteTree(parts), isRemote: true };
  }

  return {
    create: (workspaceId) => stored.create(workspaceId),

    async attach(workspaceId, epoch, signal, host) {
      if (host === undefined) throw new Error('files are attached on a host that is named');
      const { client, ask } = post(host, workspaceId, 'attach', epoch);
      const deadlineMs = limits.lifecycle.attachMs;
      // Not while what is stored is being tidied here: the host would store what a sweep is removing.
      return stored.exclusively(workspaceId, () =>
        client.call(attachedFilesSchema, { ...ask, deadlineMs, signal }),
      );
    },
    async adopt(workspaceId, epoch) {
      await command(await rowOf(workspaceId), 'adopt', epoch, limits.lifecycle.adoptMs);
    },
    async flush(workspaceId, epoch, signal): Promise<FlushReport> {
      const { attachedHost, version } = await rowOf(workspaceId);
      if (attachedHost === null) return { version, files: 0, bytesUploaded: 0, skipped: [] };
      const { client, ask } = post(attachedHost, workspaceId, 'flush', epoch);
      const deadlineMs = limits.lifecycle.flushMs;
      return client.call(flushReportSchema, { ...ask, deadlineMs, signal });
    },
    async detach(workspaceId, epoch) {
      const row = await manifests.read(workspaceId);
      if (!row) return;
      if (row.attachedHost === null) return stored.detach(workspaceId, epoch);
      await command(row, 'detach', epoch, limits.lifecycle.detachMs);
    },
    async destroy(workspaceId) {
      const row = await manifests.read(workspaceId);
      if (row?.attachedHost) return command(row, 'destroy', row.epoch, limits.lifecycle.purgeMs);
      await stored.destroy(workspaceId);
    },
    async resetEnvironment(workspaceId, to, signal) {
      const { attachedHost, epoch } = await rowOf(workspaceId);
      if (attachedHost === null) return stored.resetEnvironment(workspaceId, to, signal);
      const { client, ask } = post(attachedHost, workspaceId, 'reset-environment', epoch);
      const deadlineMs = limits.environments.resetMs;
      await client.call(z.object({}), { ...ask, body: { epoch, to }, deadlineMs, signal });
    },
    isOnHost: (workspaceId) => stored.isOnHost(workspaceId),
    async files(workspaceId, options = {}) {
      await rowOf(workspaceId);
      return movingTree(
        () => treeOf(workspaceId, options),
        () => stored.files(workspaceId),
        (work) => updates.run(workspaceId, work),
      );
    },

    tidyDue: (signal) => stored.tidyDue(signal),
    versions: (workspaceId, limit, before) => stored.versions(workspaceId, limit, before),
    restore: (workspaceId, version) => stored.restore(workspaceId, version),
  };
}

interface Found {
  tree: LiveFileTree;
  isRemote: boolean;
}

function movingTree(
  find: () => Promise<Found>,
  storedTree: () => Promise<FileTree>,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
): FileTree {
  async function change<T>(work: (tree: LiveFileTree) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { tree } = await find();
      try {
        return await work(tree);
      } catch (error) {
        if (!isCode(error, 'stale_epoch') || attempt >= movedAttemptsMax) throw error;
      }
    }
  }

  async function read<T>(work: (tree: LiveFileTree) => Promise<T>): Promise<T> {
    try {
      return await change(work);
    } catch (error) {
      if (!isCode(error, 'host_unreachable') && !isCode(error, 'certificate_refused')) throw error;
      return work(await storedTree());
    }
  }

  return {
    stat: (path) => read((tree) => tree.stat(path)),
    list: (path) => read((tree) => tree.list(path)),
    read: (path) => read((tree) => tree.read(path)),
    open: (path, range) => read((tree) => tree.open(path, range)),
    listCheckpoints: (path) => read((tree) => tree.listCheckpoints(path)),
    listVersions: async (path) => (await storedTree()).listVersions(path),
    readVersion: async (path, id) => (await storedTree()).readVersion(path, id),
    isTrusted: (path, digest) => read((tree) => tree.isTrusted(path, digest)),
    write: (path, bytes, options) => change((tree) => tree.write(path, bytes, options)),
    update: (path, edit, options) => inTurn(() => change((tree) => tree.update(path, edit, options))),
    makeDirectory: (path) => change((tree) => tree.makeDirectory(path)),
    copy: (from, to) => change((tree) => tree.copy(from, to)),
    move: (from, to) => change((tree) => tree.move(from, to)),
    remove: (path) => change((tree) => tree.remove(path)),
    uploadChunk: (path, chunk, bytes) => change((tree) => tree.uploadChunk(path, chunk, bytes)),
    finishUpload: (path, bytes, options) => change((tree) => tree.finishUpload(path, bytes, options)),
    createCheckpoint: (path) => change((tree) => tree.createCheckpoint(path)),
    restoreCheckpoint: (path, id) => change((tree) => tree.restoreCheckpoint(path, id)),
    forgetVersions: (path) => change((tree) => tree.forgetVersions(path)),
    removeCheckpoint: (path, id) => change((tree) => tree.removeCheckpoint(path, id)),
    trust: (path, digest) => change((tree) => tree.trust(path, digest)),
  };
}

const isCode = (error: unknown, code: CellbookError['code']): boolean =>
  error instanceof CellbookError && error.code === code;
