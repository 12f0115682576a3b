/** What the routes of versions need, and the shapes that they share. */
import { userIdSchema, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { OnceDeps } from '../api/idempotency/once.ts';
import { workspaceParams } from '../api/workspaces/workspace-deps.ts';
import type { FileVersion } from '../storage/file-tree.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import type { Differ } from './differ.ts';

export interface VersionDeps {
  volumes: Pick<WorkspaceVolumes, 'files'>;
  differ: Pick<Differ, 'diff'>;
  /** Told of each file that is an earlier version again, as of any other save. */
  restored?(workspaceId: WorkspaceId, path: string, bytes: Buffer): void;
}

export type VersionRouteDeps = VersionDeps & OnceDeps;

export const tags = ['versions'];
export const fileQuery = z.object({ path: z.string().min(1).max(limits.contents.pathBytesMax) });
export const versionId = z.string().regex(/^\d{1,16}$/, 'expected the id of a version');
export const versionParams = workspaceParams.extend({ version: versionId });
export const base = '/v1/workspaces/:workspaceId/versions';

export function present({ id, savedMs, author, sizeBytes }: FileVersion) {
  const savedBy = userIdSchema.safeParse(author);
  return { id, savedAt: new Date(savedMs).toISOString(), savedBy: savedBy.data ?? null, sizeBytes };
}
