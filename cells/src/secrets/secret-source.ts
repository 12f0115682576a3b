/** What the lifecycle asks of the secrets: a sandbox that has just started is given those of its workspace. */
import type { OrgId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Sandbox } from '../sandbox/driver.ts';

export interface SecretTarget {
  workspaceId: WorkspaceId;
  ownerId: UserId;
  orgId: OrgId;
  sandbox: Sandbox;
}

export interface SecretSource {
  /** Gives the sandbox all it should have now; what it was given before and is not there any more is forgotten. */
  deliver(target: SecretTarget): Promise<void>;
}

export const noSecrets: SecretSource = { deliver: ({ sandbox }) => sandbox.link.setEnvironment({}) };
