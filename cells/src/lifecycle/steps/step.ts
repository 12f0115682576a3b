/**
 * One step of an action. It is idempotent: after a crash it is simply run again, by whoever holds the
 * workspace then. Its intent is recorded before it is awaited (carry-out.ts), and it ends by its deadline.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { ErrorCode } from '@cellbook/shared/errors.ts';
import type { HostId, OrgId, SandboxId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { Phase } from '@cellbook/shared/protocol/workspace.ts';
import type { Hosts } from '../../host/hosts.ts';
import type { WhyNot } from '../../ladder/climb.ts';
import type { RestStore } from '../../ladder/rest-store.ts';
import type { Took } from '../../ladder/resume-report.ts';
import type { Climbed } from '../../ladder/wake.ts';
import type { MemberSource } from '../../pool/member-source.ts';
import type { SandboxLimits } from '../../sandbox/driver.ts';
import type { SecretSource } from '../../secrets/secret-source.ts';
import type { ImageKeys } from '../../snapshots/image-keys.ts';
import type { RemoteImages } from '../../snapshots/remote-images.ts';
import type { WorkspaceVolumes } from '../../storage/workspace-volumes.ts';
import type { BootTurns, Turns } from '../boot-turns.ts';
import type { StepName } from '../plan.ts';
import type { RuntimeListener } from '../runtime.ts';

export interface StepTools {
  clock: Clock;
  log: Logger;
  rests: RestStore;
  /** What images of memory are sealed with. */
  imageKeys: ImageKeys;
  /** Their copies in the object store. */
  remoteImages: Pick<RemoteImages, 'remove'>;
  /** Has a frozen sandbox of a full host stored, and waits a while for its place. */
  makeRoom(hostId: HostId, signal: AbortSignal): Promise<boolean>;
  /** Null, or absent, where no sandboxes are kept ready. */
  pool?: MemberSource | null;
  /** Sandboxes that boot at once, each on processors of its own for seconds. */
  boots: BootTurns;
  volumes: WorkspaceVolumes;
  hosts: Hosts;
  secrets: SecretSource;
  listeners: readonly RuntimeListener[];
  newSandboxId(): SandboxId;
  sandboxLimits(tier: Tier): SandboxLimits;
}

export interface StepContext {
  workspaceId: WorkspaceId;
  ownerId: UserId;
  orgId: OrgId;
  epoch: number;
  /** Where it was when the action began. */
  beganFrom: Phase;
  /** Its memory is kept somewhere: it need not boot. */
  isAtRest: boolean;
  /** What is kept is its frozen sandbox: it costs its host next to nothing to bring back. */
  thaws: boolean;
  /** Where its sandbox and live files are or will be; null where there are none. */
  hostId: HostId | null;
  tier: Tier;
  /** Set by attach_files for start_sandbox. */
  homeDirectory: string | null;
  /** Why nothing of its memory is kept, where nothing is. */
  whyNoRest(keepsMemory: boolean): WhyNot;
  /** How long each step took, as they are done. */
  took: Took[];
  /** Set by start_sandbox: how it came back. */
  climbed: Climbed | null;
  /** Set by adopt_sandbox. */
  hasTakenOver: boolean;
  /** Set by adopt_sandbox: by which rung it had come back, as its host knows. */
  cameBy: Rung | null;
  /** Set by sleep_sandbox, taken back by store_memory: its sandbox is frozen, and its files stay where they are. */
  isFrozen: boolean;
}

export interface Step {
  deadlineMs: number;
  /** The code of the error when the deadline passes. */
  code: ErrorCode;
  /** What it does, as a phrase. */
  doing: string;
  /** False where a failure must not keep a workspace from being suspended: it is recorded, and on it goes. */
  required: boolean;
  /** What it waits its turn for before its deadline begins; null, or absent: nothing. */
  turns?(tools: StepTools, context: StepContext): Turns | null;
  run(tools: StepTools, context: StepContext, signal: AbortSignal): Promise<void>;
}

export type Steps = Record<StepName, Step>;

/** The host of a workspace that is being brought up. */
export function hostOf({ workspaceId, hostId }: StepContext): HostId {
  if (hostId === null) throw new Error(`workspace ${workspaceId} is brought up without a host`);
  return hostId;
}
