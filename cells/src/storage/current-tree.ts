/**
 * The FileTree that is right now: live while a directory on this host is the truth, stored otherwise. Changes
 * hold the workspace's lock, so none falls between two states. Reads hold nothing: one that meets a change of
 * state (the directory appears or goes while it looks) is made again on the other side.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { FileTree } from './file-tree.ts';
import type { LiveVolume } from './live/live-volume.ts';

export interface Current {
  tree: FileTree;
  /** Null while stored. */
  live: LiveVolume | null;
}

export interface CurrentTreeParts {
  current(): Promise<Current>;
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

const readAttemptsMax = 4;

export function createCurrentTree({ current, exclusively }: CurrentTreeParts): FileTree {
  /** What seems absent may be the host's loss, or the work of a change of state. */
  async function moved(live: LiveVolume | null): Promise<boolean> {
    if (live && !live.state.signal.aborted && !(await live.isWhole())) return true;
    return (await current()).live !== live;
  }

  async function read<T>(work: (tree: FileTree) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { tree, live } = await current();
      const looking = live ? live.use(() => work(tree)) : work(tree);
      const outcome = await looking.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      const absent = 'error' in outcome ? isAbsence(outcome.error) : isNothing(outcome.value);
      if (absent && attempt < readAttemptsMax && (await moved(live))) continue;
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    }
  }

  function change<T>(work: (tree: FileTree) => Promise<T>): Promise<T> {
    return exclusively(async () => {
      // Looked at first: a change must not go into a directory that the host has lost.
      await (await current()).live?.isWhole();
      return work((await current()).tree);
    });
  }

  return {
    stat: (path) => read((tree) => tree.stat(path)),
    list: (path) => read((tree) => tree.list(path)),
    read: (path) => read((tree) => tree.read(path)),
    open: (path, range) => read((tree) => tree.open(path, range)),
    listCheckpoints: (path) => read((tree) => tree.listCheckpoints(path)),
    listVersions: (path) => read((tree) => tree.listVersions(path)),
    readVersion: (path, id) => read((tree) => tree.readVersion(path, id)),
    isTrusted: (path, digest) => read((tree) => tree.isTrusted(path, digest)),
    write: (path, bytes, options) => change((tree) => tree.write(path, bytes, options)),
    update: (path, edit, options) => change((tree) => tree.update(path, edit, options)),
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

/** A directory that was removed lists as empty. */
const isNothing = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

function isAbsence(error: unknown): boolean {
  return !(error instanceof CellbookError) || error.code === 'not_found';
}
