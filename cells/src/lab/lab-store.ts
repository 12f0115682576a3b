/**
 * What JupyterLab keeps on a server: settings per user, shared by the user's workspaces, and layouts (Jupyter
 * calls them workspaces too) per user and workspace. Texts come back byte for byte: settings are JSON5 with
 * the user's comments in it.
 */
import type { UserId, WorkspaceId } from '@cellbook/shared/ids.ts';

export interface StoredText {
  /** The plugin's id, or the layout's name. */
  name: string;
  text: string;
  createdAtMs: number;
  modifiedAtMs: number;
}

export interface LayoutOwner {
  workspaceId: WorkspaceId;
  userId: UserId;
}

export interface LabStore {
  /** Sorted by plugin id. */
  settings(userId: UserId): Promise<StoredText[]>;
  setting(userId: UserId, pluginId: string): Promise<StoredText | null>;
  saveSetting(userId: UserId, pluginId: string, text: string, nowMs: number): Promise<void>;
  /** Sorted by name. */
  layouts(owner: LayoutOwner): Promise<StoredText[]>;
  layout(owner: LayoutOwner, name: string): Promise<StoredText | null>;
  /** False when this would be one layout more than a user may have in a workspace; nothing is written then. */
  saveLayout(owner: LayoutOwner, name: string, text: string, nowMs: number): Promise<boolean>;
  /** False when there was none. */
  deleteLayout(owner: LayoutOwner, name: string): Promise<boolean>;
  /** The workspace is deleted for good: every user's layouts of it go. */
  forgetWorkspace(workspaceId: WorkspaceId): Promise<void>;
}
