/** `GET /v1/workspaces/:workspaceId/findings`: what to look at before a notebook is shown to anybody. */
import { limits } from '@cellbook/shared/limits.ts';
import { findingListSchema } from '@cellbook/shared/protocol/findings-api.ts';
import { needs } from '../api/access/route-access.ts';
import type { ApiScope } from '../api/api-scope.ts';
import { workspaceParams } from '../api/workspaces/workspace-deps.ts';
import { pathFromApi } from '../contents/api-path.ts';
import type { FileTree } from '../storage/file-tree.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import type { FindingStore, FlaggedFile } from './finding-store.ts';

export interface FindingRouteDeps {
  store: Pick<FindingStore, 'list'>;
  volumes: Pick<WorkspaceVolumes, 'files'>;
}

export function registerFindingRoutes(app: ApiScope, { store, volumes }: FindingRouteDeps): void {
  const schema = {
    operationId: 'listFindings',
    summary: 'Files that were saved with something that looks like a credential, newest first',
    tags: ['workspaces'],
    params: workspaceParams,
    response: { 200: findingListSchema },
  };
  app.get(
    '/v1/workspaces/:workspaceId/findings',
    { schema, ...needs('notebook.read') },
    async ({ params: { workspaceId } }) => {
      const marked = await store.list(workspaceId);
      const there = marked.length === 0 ? [] : await whichExist(await volumes.files(workspaceId), marked);
      return { files: there.map(present) };
    },
  );
}

/** Without those that code in the sandbox has removed or moved since. */
async function whichExist(tree: FileTree, files: FlaggedFile[]): Promise<FlaggedFile[]> {
  const exists = new Set<FlaggedFile>();
  const left = [...files];
  const lookNext = async (): Promise<void> => {
    for (let file = left.pop(); file !== undefined; file = left.pop())
      if ((await tree.stat(pathFromApi(file.path)))?.type === 'file') exists.add(file);
  };
  await Promise.all(Array.from({ length: limits.findings.statsAtOnce }, lookNext));
  return files.filter((file) => exists.has(file));
}

const present = ({ path, findings, savedAtMs }: FlaggedFile) => ({
  path,
  findings,
  savedAt: new Date(savedAtMs).toISOString(),
});
