/**
 * A workspace's files on another host, as one FileTree: each call is one command to its daemon, which has the
 * directory, the lock and the manifest. Bytes stream where the tree streams them.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { encodeEnvelope } from '../../sandbox/link/frames.ts';
import type { LiveFileTree, TreePath } from '../../storage/file-tree.ts';
import { digestOf } from '../wire/digest.ts';
import { type TreeArgs, type TreeMethod, type TreeValue, treeMethods } from '../wire/tree-wire.ts';
import type { HostClient } from './host-client.ts';

export interface RemoteTreeParts {
  client: HostClient;
  workspaceId: WorkspaceId;
  /** Of the live directory, as its row says. */
  epoch: number;
  reservation?: string | undefined;
}

export function createRemoteTree(parts: RemoteTreeParts): LiveFileTree {
  const { client, workspaceId, epoch, reservation } = parts;
  function asked(method: TreeMethod | 'read' | 'open', args: readonly unknown[], bytes?: Uint8Array) {
    const body = new Uint8Array(encodeEnvelope({ epoch, args, reservation }, bytes));
    const headers = { 'content-type': 'application/octet-stream' };
    const init = { method: 'POST', headers, body };
    const path = `/v1/workspaces/${workspaceId}/tree/${method}`;
    return [path, { init, deadlineMs: limits.host.fileMsMax }] as const;
  }

  async function call<Method extends TreeMethod>(
    method: Method,
    args: TreeArgs<Method>,
    bytes?: Uint8Array,
  ): Promise<TreeValue<Method>> {
    const answer: unknown = await client.take(...asked(method, args, bytes), (response) => response.json());
    return z.object({ value: treeMethods[method].value }).parse(answer).value as TreeValue<Method>;
  }

  const read = (path: TreePath) =>
    client.take(...asked('read', [path]), async (response) => Buffer.from(await response.arrayBuffer()));
  const plain = (path: TreePath) => [...path];

  return {
    stat: (path) => call('stat', [plain(path)]),
    list: (path) => call('list', [plain(path)]),
    read,
    async open(path, range) {
      const { body } = await client.send(...asked('open', [path, range ?? null]));
      return body ?? new ReadableStream({ start: (controller) => controller.close() });
    },
    write: (path, bytes, options = {}) => call('write', [plain(path), options], bytes),
    async update(path, change, options = {}) {
      for (let attempt = 1; attempt <= limits.host.updateAttemptsMax; attempt++) {
        const stat = await call('stat', [plain(path)]);
        const before = stat === null ? null : await read(path);
        const after = change(before);
        if (after === null) return stat;
        const written = await call('replace', [plain(path), before && digestOf(before), options], after);
        if (written !== false) return written;
      }
      throw new CellbookError('conflict', {
        doing: `changing ${path.join('/')}`,
        problem: 'it is being changed by others without a pause',
        next: 'Try again in a moment.',
        ids: { workspaceId },
      });
    },
    makeDirectory: (path) => call('makeDirectory', [plain(path)]),
    copy: (from, to) => call('copy', [plain(from), plain(to)]),
    move: (from, to) => call('move', [plain(from), plain(to)]).then(nothing),
    remove: (path) => call('remove', [plain(path)]).then(nothing),
    uploadChunk: (path, chunk, bytes) => call('uploadChunk', [plain(path), chunk], bytes),
    finishUpload: (path, bytes, options = {}) => call('finishUpload', [plain(path), options], bytes),
    createCheckpoint: (path) => call('createCheckpoint', [plain(path)]),
    listCheckpoints: (path) => call('listCheckpoints', [plain(path)]),
    restoreCheckpoint: (path, id) => call('restoreCheckpoint', [plain(path), id]).then(nothing),
    removeCheckpoint: (path, id) => call('removeCheckpoint', [plain(path), id]).then(nothing),
    forgetVersions: (path) => call('forgetVersions', [plain(path)]).then(nothing),
    isTrusted: (path, digest) => call('isTrusted', [plain(path), digest]),
    trust: (path, digest) => call('trust', [plain(path), digest]).then(nothing),
  };
}

const nothing = (): void => {};
