/**
 * The gateway's way to put outputs into a notebook while no tab does: through the workspace's own tree. They are a
 * version of it, whose author is the platform: what ran for an hour behind a closed lid can be had back whatever is
 * saved over it. A cell that goes on printing is one version and not one every two seconds (marks/file-versions.ts).
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { pathFromApi } from './contents/api-path.ts';
import { isObject } from './contents/json.ts';
import { digestOf, readNotebook, writeNotebook } from './contents/notebook/notebook.ts';
import type { NotebookFiles } from './gateway/gateway.ts';
import type { WorkspaceVolumes } from './storage/workspace-volumes.ts';
import { platformMark } from './versions/mark-of.ts';

export function createNotebookFiles(deps: {
  volumes: Pick<WorkspaceVolumes, 'files'>;
  random: Random;
  /** Of the workspace's owner, whose versions they are. */
  tierOf(workspaceId: WorkspaceId): Promise<Tier>;
  /** Told of each notebook that was written. */
  written?(workspaceId: WorkspaceId, path: string, bytes: Uint8Array): void;
}): NotebookFiles {
  return {
    async update(workspaceId, apiPath, change) {
      const tree = await deps.volumes.files(workspaceId);
      const path = pathFromApi(apiPath);
      let exists = false;
      let written: Buffer | null = null;
      let digests: { before: string; after: string } | null = null;
      const version = platformMark(await deps.tierOf(workspaceId));
      const rewrite = (bytes: Buffer | null) => {
        if (bytes === null) return null;
        exists = true;
        const before = readNotebook(bytes.toString(), apiPath, deps.random);
        const digestBefore = digestOf(before);
        const after = change(before);
        if (!isObject(after)) return null;
        const text = writeNotebook(after);
        const digestAfter = digestOf(readNotebook(text, apiPath, deps.random));
        digests = { before: digestBefore, after: digestAfter };
        written = Buffer.from(text);
        return written;
      };
      await tree.update(path, rewrite, { version });
      if (written) deps.written?.(workspaceId, apiPath, written);
      await keepTrust(tree, path, digests);
      return exists;
    },
  };
}

type Tree = Awaited<ReturnType<WorkspaceVolumes['files']>>;

/** What the owner's own code printed into a notebook he trusts is as trusted as the rest of it. */
async function keepTrust(
  tree: Tree,
  path: readonly string[],
  digests: { before: string; after: string } | null,
): Promise<void> {
  if (digests && (await tree.isTrusted(path, digests.before))) await tree.trust(path, digests.after);
}
