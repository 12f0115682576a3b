/**
 * Which versions of a notebook its owner trusts: the digests of the last few, newest first, kept beside the
 * tree where code in the sandbox cannot write. The counterpart of jupyter_server's signature database.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { TreePath } from '../file-tree.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import { markPath } from '../tree/volume-root.ts';
import type { VolumePointer } from '../volume-pointer.ts';

export interface Trust {
  isTrusted(path: TreePath, digest: string): Promise<boolean>;
  /** The change that remembers a digest; none when it is the newest already. */
  remember(path: TreePath, digest: string): Promise<TreeChange[]>;
}

export function trustOf(pointer: VolumePointer): Trust {
  async function digestsOf(path: TreePath): Promise<string[]> {
    const entry = await pointer.entryAt(markPath('trust', path));
    return entry?.type === 'link' ? entry.target.split(',') : [];
  }
  return {
    isTrusted: async (path, digest) => (await digestsOf(path)).includes(digest),
    async remember(path, digest) {
      const known = await digestsOf(path);
      if (known[0] === digest) return [];
      const newest = [digest, ...known.filter((other) => other !== digest)];
      const target = newest.slice(0, limits.contents.trustedVersionsMax).join(',');
      const nowNs = pointer.nowNs();
      const entry = { type: 'link', mode: 0o600, mtimeNs: nowNs, createdNs: nowNs, target } as const;
      return [{ kind: 'set', path: markPath('trust', path), entry }];
    },
  };
}
