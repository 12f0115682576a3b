/**
 * Keeps places of hosts free of frozen sandboxes: a share of them all the time, and one at once for a start that
 * finds its host full. It only names whose place is needed and wakes the reconciler, which has them stored.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Hosts } from '../host/hosts.ts';
import { cheapestToLose, placesToFree } from './reclaim.ts';
import { isFrozen } from './rest.ts';
import type { RestStore } from './rest-store.ts';

export interface RoomMakerDeps {
  rests: RestStore;
  hosts: Hosts;
  clock: Clock;
  wake(workspaceId: WorkspaceId): void;
}

const lookMs = 20;

export class RoomMaker {
  readonly #deps: RoomMakerDeps;
  readonly #wanted = new Set<WorkspaceId>();

  constructor(deps: RoomMakerDeps) {
    this.#deps = deps;
  }

  /** A frozen sandbox whose place somebody needs. */
  isWanted(workspaceId: WorkspaceId): boolean {
    return this.#wanted.has(workspaceId);
  }

  /** Frees what should be free, and everything of hosts that drain. */
  async keepSome(): Promise<void> {
    const { hosts, rests, wake } = this.#deps;
    this.#wanted.clear();
    if (!hosts.keepAny) return;
    for (const hostId of hosts.ids) {
      const load = hosts.on(hostId).load();
      if (load.frozen === 0) continue;
      const kept = await rests.listOnHost(hostId);
      // Whoever rests on a host that drains need not be named: its planner sees that.
      if (hosts.isDraining(hostId)) for (const { workspaceId } of kept.filter(isFrozen)) wake(workspaceId);
      else this.#want(cheapestToLose(kept, placesToFree(load)).map(({ workspaceId }) => workspaceId));
    }
  }

  /** Has one frozen sandbox of a host stored, and waits a while for its place. False where nothing came of it. */
  async make(hostId: HostId, signal: AbortSignal): Promise<boolean> {
    const { hosts, rests, clock } = this.#deps;
    const frozen = (await rests.listOnHost(hostId)).filter(isFrozen);
    if (frozen.length === 0) return false;
    // Where all of them are on their way already there is nothing to do but wait.
    const [victim] = cheapestToLose(
      frozen.filter(({ workspaceId }) => !this.#wanted.has(workspaceId)),
      1,
    );
    if (victim) this.#want([victim.workspaceId]);
    const endMs = clock.monotonicMs() + limits.ladder.makeRoomMs;
    while (clock.monotonicMs() < endMs && hosts.isOpen(hostId)) {
      const { live, starting, capacity } = hosts.on(hostId).load();
      if (live + starting < capacity) return true;
      await sleep(clock, lookMs, signal);
    }
    return false;
  }

  #want(workspaceIds: readonly WorkspaceId[]): void {
    for (const workspaceId of workspaceIds) {
      this.#wanted.add(workspaceId);
      this.#deps.wake(workspaceId);
    }
  }
}
