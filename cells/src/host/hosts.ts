/** The hosts of one cell: which there are, where the next sandbox goes, and what all of them have together. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { nobody, type ObservedSandbox, type Sandbox, type SandboxExit } from '../sandbox/driver.ts';
import type { SnapshotFingerprint } from '../sandbox/snapshot/fingerprint.ts';
import { chooseHost, type HostChoice, hasRoomElsewhere } from './choose-host.ts';
import type { HostLoad, SandboxHost, Sight } from './sandbox-host.ts';

export interface PlacedSandbox extends ObservedSandbox {
  hostId: HostId;
}

export class Hosts {
  readonly #hosts: ReadonlyMap<HostId, SandboxHost>;

  constructor(hosts: readonly SandboxHost[]) {
    this.#hosts = new Map(hosts.map((host) => [host.hostId, host]));
  }

  get ids(): HostId[] {
    return [...this.#hosts.keys()];
  }

  /** Throws `sandbox_unavailable` for a host that this cell does not have. */
  on(hostId: HostId): SandboxHost {
    const host = this.#hosts.get(hostId);
    if (host) return host;
    throw unknownHost(hostId);
  }

  isDraining(hostId: HostId): boolean {
    return this.#hosts.get(hostId)?.isDraining ?? false;
  }

  waitsForBusy(hostId: HostId): boolean {
    return this.#hosts.get(hostId)?.waitsForBusy ?? false;
  }

  /** Whether a workspace runs on a host that drains. */
  isToLeave(workspaceId: WorkspaceId): boolean {
    for (const host of this.#hosts.values()) if (host.isDraining && host.current(workspaceId)) return true;
    return false;
  }

  /** Whether any host keeps memory at all: where none does nothing is to be asked about it. */
  get keepAny(): boolean {
    return [...this.#hosts.values()].some((host) => host.keeps !== null);
  }

  /** What images that a host makes are bound to; null where it keeps no memory, or is none of this cell's. */
  keeps(hostId: HostId): SnapshotFingerprint | null {
    return this.#hosts.get(hostId)?.keeps ?? null;
  }

  /** Whether a workspace can be brought back there: it answers and is not being stopped. */
  isOpen(hostId: HostId): boolean {
    return this.#hosts.get(hostId)?.isOpen ?? false;
  }

  async look(hostId: HostId, workspaceId: WorkspaceId): Promise<Sight> {
    return this.#hosts.get(hostId)?.look(workspaceId) ?? 'unknown';
  }

  choose(): HostId {
    const chosen = chooseHost(this.#choices());
    if (chosen !== null) return chosen;
    throw unknownHost('(none)');
  }

  /** Whether a start that finds no place on this host could be made on another. */
  hasRoomElsewhere(hostId: HostId): boolean {
    return hasRoomElsewhere(this.#choices(), hostId);
  }

  current(workspaceId: WorkspaceId): Sandbox | null {
    for (const host of this.#hosts.values()) {
      const sandbox = host.current(workspaceId);
      if (sandbox) return sandbox;
    }
    return null;
  }

  lastLoss(workspaceId: WorkspaceId): SandboxExit | null {
    for (const host of this.#hosts.values()) {
      const loss = host.lastLoss(workspaceId);
      if (loss) return loss;
    }
    return null;
  }

  /** What every host that answers has of workspaces (members of the pool are nobody's); `failed` is told about the others. */
  async list(failed: (hostId: HostId, error: unknown) => void): Promise<PlacedSandbox[]> {
    const lists = await Promise.all(
      [...this.#hosts.values()].map(async (host) => {
        const sandboxes = await host.list().catch((error: unknown) => {
          failed(host.hostId, error);
          return [];
        });
        const owned = sandboxes.filter(({ workspaceId }) => workspaceId !== nobody);
        return owned.map((sandbox) => ({ ...sandbox, hostId: host.hostId }));
      }),
    );
    return lists.flat();
  }

  /** Of the hosts that answer: what another last said is no place for anybody. */
  /** Of all of them together. */
  get processors(): number {
    return [...this.#hosts.values()].reduce((sum, { processors }) => sum + processors, 0);
  }

  load(): HostLoad {
    const sum = { live: 0, frozen: 0, starting: 0, members: 0, capacity: 0 };
    for (const host of this.#hosts.values()) {
      if (!host.isOpen && !host.isDraining) continue;
      const { live, frozen, starting, members, capacity } = host.load();
      sum.live += live;
      sum.frozen += frozen;
      sum.starting += starting;
      sum.members += members;
      sum.capacity += capacity;
    }
    return sum;
  }

  onLost(listener: (workspaceId: WorkspaceId) => void): void {
    for (const host of this.#hosts.values()) host.onLost(listener);
  }

  #choices(): HostChoice[] {
    return [...this.#hosts.values()].map((host) => {
      const { hostId, isOpen, isDraining } = host;
      return { hostId, isOpen, isDraining, load: host.load() };
    });
  }
}

const unknownHost = (hostId: string): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: `reaching host ${hostId}`,
    problem: 'this cell has no such host',
    next: 'Add it to CELLBOOK_HOSTS again, or recover the workspace.',
    ids: { hostId },
  });
