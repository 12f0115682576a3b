/** A workspace as people name it: by its id, or by its name where only one has it. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { type Api, answer, type Workspace } from '../clients/typescript/client.ts';

export async function listWorkspaces(api: Api, includeDeleted = false): Promise<Workspace[]> {
  const all: Workspace[] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: 200, includeDeleted: String(includeDeleted), ...(cursor !== null && { cursor }) };
    const page: { workspaces: Workspace[]; nextCursor: string | null } = await answer(
      api.GET('/v1/workspaces', { params: { query } }),
    );
    all.push(...page.workspaces);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}

/** Throws `not_found`, or `conflict` where several have the name. */
export async function findWorkspace(api: Api, given: string, includeDeleted = false): Promise<Workspace> {
  const id = workspaceIdSchema.safeParse(given);
  if (id.success && !includeDeleted) {
    const params = { path: { workspaceId: id.data } };
    return answer(api.GET('/v1/workspaces/{workspaceId}', { params }));
  }
  const named = (await listWorkspaces(api, includeDeleted)).filter(
    (workspace) => workspace.name === given || workspace.id === given,
  );
  const [only, another] = named;
  if (only && !another) return only;
  throw new CellbookError(only ? 'conflict' : 'not_found', {
    doing: `looking for workspace ${given}`,
    problem: only
      ? `${named.length} workspaces are named "${given}": ${named.map((each) => each.id).join(', ')}`
      : `you have no workspace "${given}"`,
    next: only ? 'Say which by its id.' : '`cellbook ws ls` lists yours.',
  });
}
