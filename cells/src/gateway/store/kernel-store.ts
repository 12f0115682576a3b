/**
 * What must outlive a sandbox: kernels and sessions (so that lists answer while a workspace sleeps, and a
 * kernel comes back under its id), the kernelspecs last seen, and front-end configuration. Two
 * implementations pass one conformance suite: Postgres, and memory for tests and the simulator.
 */
import type { KernelId, SessionId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export interface KernelRecord {
  id: KernelId;
  workspaceId: WorkspaceId;
  kernelspec: string;
  /** Where it starts, relative to the workspace's files; '' is their root. */
  directory: string;
  /** The content of its last kernel_info_reply; null until it has started once. */
  kernelInfo: Record<string, unknown> | null;
  /** Why it ended unexpectedly, until it runs again. */
  reason: string | null;
  createdMs: number;
  lastActivityMs: number;
}

export interface SessionRecord {
  id: SessionId;
  workspaceId: WorkspaceId;
  kernelId: KernelId;
  path: string;
  name: string;
  /** `notebook`, `console`, `file`, or what an extension says. */
  type: string;
  createdMs: number;
}

/** Kernelspecs as the image showed them, with their logos, for answers while nothing runs. */
export const kernelspecCatalogSchema = z.object({
  kernelspecs: z.record(
    z.string(),
    z.object({
      name: z.string(),
      spec: z.record(z.string(), z.unknown()),
      resources: z.array(z.string()),
    }),
  ),
  /** `kernelspec/file` to its bytes in base64. */
  resources: z.record(z.string(), z.string()),
});
export type KernelspecCatalog = z.infer<typeof kernelspecCatalogSchema>;

export type ConfigSection = Record<string, unknown>;

export interface KernelStore {
  listKernels(workspaceId: WorkspaceId): Promise<KernelRecord[]>;
  /** Creates or replaces. */
  putKernel(record: KernelRecord): Promise<void>;
  /** Removes the kernel and its sessions. Idempotent. */
  deleteKernel(workspaceId: WorkspaceId, kernelId: KernelId): Promise<void>;
  listSessions(workspaceId: WorkspaceId): Promise<SessionRecord[]>;
  /** Creates or replaces. */
  putSession(record: SessionRecord): Promise<void>;
  deleteSession(workspaceId: WorkspaceId, sessionId: SessionId): Promise<void>;
  getKernelspecs(workspaceId: WorkspaceId): Promise<KernelspecCatalog | null>;
  putKernelspecs(workspaceId: WorkspaceId, catalog: KernelspecCatalog): Promise<void>;
  /** Configuration is per workspace and user. Null when the section was never written. */
  getConfig(workspaceId: WorkspaceId, userId: UserId, section: string): Promise<ConfigSection | null>;
  putConfig(workspaceId: WorkspaceId, userId: UserId, section: string, value: ConfigSection): Promise<void>;
  /** Forgets everything of a workspace. Idempotent. */
  deleteWorkspace(workspaceId: WorkspaceId): Promise<void>;
}
