/**
 * A host: the one place that starts and stops sandboxes over a directory tree. It remembers the newest epoch
 * it has seen for each workspace and refuses an older one, so a controller that was asleep or replaced cannot
 * start a second sandbox or stop its successor's. Capacity is kept here too, where it is true at every
 * moment: live + starting + members of the pool ≤ capacity, orphans of a crashed controller included.
 *
 * It lives in the cell's own process (local-sandbox-host.ts), or in a daemon that outlives it and is reached
 * over the network (remote/remote-sandbox-host.ts).
 */
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { RestImage } from '../ladder/rest.ts';
import type { HostedSandbox, ObservedSandbox, Sandbox, SandboxExit, SandboxSpec } from '../sandbox/driver.ts';
import type { SnapshotFingerprint } from '../sandbox/snapshot/fingerprint.ts';
import type { KeptImage } from '../snapshots/image-shelf.ts';
import type { SentImage } from '../snapshots/remote-images.ts';

export interface HostLoad {
  /** Those that are frozen included: they hold their place. */
  live: number;
  frozen: number;
  starting: number;
  /** Of the pool, ready or on their way: they give way to whoever needs their places. */
  members: number;
  capacity: number;
  /** Its machine's memory runs short, whatever the places say. */
  memoryShort?: boolean | undefined;
}

/** Sandboxes that wait to be claimed. */
export interface HostPool<Hosted extends HostedSandbox = Sandbox> {
  /** Of the image of what this host runs now; null until it is made. */
  readonly own: string | null;
  /** Of the images that members can be restored from. */
  readonly generations: readonly string[];
  /** Members that ended of late without having been asked to. */
  readonly ended: readonly SandboxId[];
  /** Adds a member of that generation. Throws `capacity_exhausted` where no place is free, and whatever a restore throws. Idempotent. */
  add(sandboxId: SandboxId, generation: string, signal: AbortSignal): Promise<void>;
  /** Ends a member. One that is a workspace's by now stays. Idempotent. */
  drop(sandboxId: SandboxId): Promise<void>;
  /**
   * As `start`, by making the member of the spec's id the workspace's. Throws `gone` where it is not ready here;
   * one whose claim fails is ended.
   */
  claim(spec: SandboxSpec, signal: AbortSignal): Promise<Hosted>;
}

/** Whether a workspace has a sandbox here; `unknown` while the host does not answer. */
export type Sight = 'there' | 'none' | 'unknown';

export interface ImageOwner {
  workspaceId: WorkspaceId;
  epoch: number;
}

export interface SandboxHost<Hosted extends HostedSandbox = Sandbox> {
  readonly hostId: HostId;
  /** What an image of a sandbox's memory made here is bound to; null where none can be kept. */
  readonly keeps: SnapshotFingerprint | null;
  /** Absent or null where none can be had. */
  readonly pool?: HostPool<Hosted> | null;
  /** Of its machine. */
  readonly processors: number;
  /** False while it is being stopped or does not answer: nothing new is placed there. */
  readonly isOpen: boolean;
  /** True while it is being stopped: what runs there is to be suspended. */
  readonly isDraining: boolean;
  /** It drains, and not in a hurry: a workspace with a busy kernel goes on there until it is idle. */
  readonly waitsForBusy: boolean;
  /**
   * Starts the sandbox of a workspace, or returns the one already started under this epoch. Those of older
   * epochs are destroyed first. With `image` it comes back as that has it, and the image stays.
   * Throws `stale_epoch`, `capacity_exhausted`, `snapshot_incompatible` or `sandbox_unavailable`.
   */
  start(spec: SandboxSpec, signal: AbortSignal, image?: KeptImage): Promise<Hosted>;
  /**
   * Takes over the sandbox that runs here under an older epoch: from then on that one is refused. Null when
   * there is none. Idempotent; throws `stale_epoch`.
   */
  adopt(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Hosted | null>;
  /**
   * Pauses the sandbox of a workspace, whose link is quiet, in memory: it is handed out no more and holds its
   * place. Idempotent; throws `sandbox_unavailable` where there is none.
   */
  freeze(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<void>;
  /** Lets a frozen one go on, under this epoch. Null when there is none. Idempotent; throws `stale_epoch`. */
  thaw(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Hosted | null>;
  /**
   * Ends a frozen one and writes it, sealed, to this host's disk under its own id. Null when there is none frozen.
   * Idempotent: where its image is here already, that is it.
   */
  store(
    workspaceId: WorkspaceId,
    epoch: number,
    image: KeptImage,
    signal: AbortSignal,
  ): Promise<RestImage | null>;
  /** Begins to open an image that is here, for the start that follows: a hint, which does nothing where it fails. */
  openAhead(workspaceId: WorkspaceId, image: KeptImage): void;
  /** Brings an image to the object store, in the background of everything else. Idempotent. */
  sendImage(workspaceId: WorkspaceId, image: KeptImage, signal: AbortSignal): Promise<SentImage>;
  /** The images that lie here, by the sandboxes they are of. */
  images(): Promise<SandboxId[]>;
  /** `by`: whose memory it is; nobody: nothing refers to it. Throws `stale_epoch` for an older owner. Idempotent. */
  dropImage(imageOf: SandboxId, by?: ImageOwner): Promise<void>;
  /** Destroys what the workspace has here, under this epoch or older. Throws `stale_epoch`. Idempotent. */
  stop(workspaceId: WorkspaceId, epoch: number): Promise<void>;
  /** Destroys one sandbox by its id, whosever it is: for orphans. Idempotent. */
  destroy(sandboxId: SandboxId): Promise<void>;
  /** The usable sandbox of a workspace, if there is one. */
  current(workspaceId: WorkspaceId): Hosted | null;
  /** Whether there is a sandbox, under whichever epoch, that `adopt` could take over. */
  look(workspaceId: WorkspaceId): Promise<Sight>;
  /** By which rung the sandbox that is there came back: for whoever takes it over and has not seen it; null: not known. */
  cameBy(workspaceId: WorkspaceId): Rung | null;
  /** How its last sandbox here ended, when that was not asked for. */
  lastLoss(workspaceId: WorkspaceId): SandboxExit | null;
  list(): Promise<ObservedSandbox[]>;
  load(): HostLoad;
  /** Called when a sandbox ends without having been asked to, or the way to it is lost. */
  onLost(listener: (workspaceId: WorkspaceId) => void): void;
}
