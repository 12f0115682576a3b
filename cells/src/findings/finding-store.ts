/** Which files of a workspace were saved with something that looks like a credential. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Finding } from '@cellbook/shared/protocol/findings-api.ts';

export interface FlaggedFile {
  path: string;
  findings: Finding[];
  savedAtMs: number;
}

export interface FindingStore {
  /**
   * What the newest save of a file has; none takes its mark away. True when the file was flagged before. A
   * workspace keeps its newest `limits.findings.filesPerWorkspaceMax` marks.
   */
  replace(workspaceId: WorkspaceId, file: FlaggedFile): Promise<boolean>;
  /** Newest first. */
  list(workspaceId: WorkspaceId): Promise<FlaggedFile[]>;
  /** A file, or a directory with everything in it, has another path now. */
  move(workspaceId: WorkspaceId, from: string, to: string): Promise<void>;
  /** A file, or a directory with everything in it, is gone. */
  remove(workspaceId: WorkspaceId, path: string): Promise<void>;
  forgetWorkspace(workspaceId: WorkspaceId): Promise<void>;
}
