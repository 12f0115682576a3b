/** The host in the cell's own process, over any driver. */

import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { ObservedSandbox, Sandbox, SandboxDriver, SandboxExit, SandboxSpec } from '../sandbox/driver.ts';
import type { HostLoad, SandboxHost } from './sandbox-host.ts';

export interface LocalSandboxHostDeps {
  hostId: HostId;
  driver: SandboxDriver;
  /** Sandboxes, live and starting together. */
  capacity: number;
}

interface Place {
  /** The newest epoch seen. Places are kept for good: 20,000 workspaces are 3 MB, and forgetting one would unfence it. */
  epoch: number;
  /** Counts against capacity until nothing of it is left, so also while it is being destroyed. */
  sandbox: Sandbox | null;
  /** True from the moment its end was asked for: it is no longer handed out and its exit is no loss. */
  stopping: boolean;
  /** Set from before the driver is asked until it has answered. */
  starting: Promise<Sandbox> | null;
  startingEpoch: number;
  loss: SandboxExit | null;
}

export class LocalSandboxHost implements SandboxHost {
  readonly hostId: HostId;
  readonly #driver: SandboxDriver;
  readonly #capacity: number;
  readonly #places = new Map<WorkspaceId, Place>();
  readonly #lostListeners: ((workspaceId: WorkspaceId) => void)[] = [];

  constructor({ hostId, driver, capacity }: LocalSandboxHostDeps) {
    this.hostId = hostId;
    this.#driver = driver;
    this.#capacity = capacity;
  }

  async start(spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    const place = this.#enter(spec.workspaceId, spec.epoch, 'starting a sandbox');
    await this.#clearOlder(spec.workspaceId, place, spec.epoch);
    // Anything may have happened while older ones were destroyed.
    this.#enter(spec.workspaceId, spec.epoch, 'starting a sandbox');
    if (place.sandbox && !place.stopping) return place.sandbox;
    if (place.starting) return place.starting;
    this.#refuseBeyondCapacity(spec.workspaceId);
    const starting = this.#startWithDriver(spec, place, signal);
    place.starting = starting;
    place.startingEpoch = spec.epoch;
    try {
      return await starting;
    } finally {
      if (place.starting === starting) place.starting = null;
    }
  }

  async stop(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const place = this.#enter(workspaceId, epoch, 'stopping a sandbox');
    await this.#clearOlder(workspaceId, place, epoch + 1);
    place.loss = null;
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    const place = [...this.#places.values()].find((candidate) => candidate.sandbox?.id === sandboxId);
    if (place) place.stopping = true;
    await this.#driver.destroy(sandboxId);
    if (place?.sandbox?.id === sandboxId) place.sandbox = null;
  }

  current(workspaceId: WorkspaceId): Sandbox | null {
    const place = this.#places.get(workspaceId);
    return place && !place.stopping ? place.sandbox : null;
  }

  lastLoss(workspaceId: WorkspaceId): SandboxExit | null {
    return this.#places.get(workspaceId)?.loss ?? null;
  }

  list(): Promise<ObservedSandbox[]> {
    return this.#driver.list();
  }

  load(): HostLoad {
    const places = [...this.#places.values()];
    const live = places.filter((place) => place.sandbox !== null).length;
    const starting = places.filter((place) => place.starting !== null && place.sandbox === null).length;
    return { live, starting, capacity: this.#capacity };
  }

  onLost(listener: (workspaceId: WorkspaceId) => void): void {
    this.#lostListeners.push(listener);
  }

  #enter(workspaceId: WorkspaceId, epoch: number, doing: string): Place {
    const place = this.#places.get(workspaceId) ?? {
      epoch,
      sandbox: null,
      stopping: false,
      starting: null,
      startingEpoch: 0,
      loss: null,
    };
    refuseOlderEpoch(epoch, place.epoch, `the host (${doing})`, { workspaceId });
    place.epoch = epoch;
    this.#places.set(workspaceId, place);
    return place;
  }

  /** Destroys what the workspace has under epochs below `belowEpoch`, sandboxes of dead processes included. */
  async #clearOlder(workspaceId: WorkspaceId, place: Place, belowEpoch: number): Promise<void> {
    if (place.starting && place.startingEpoch < belowEpoch) await place.starting.catch(() => {});
    // One whose end was asked for and did not succeed is ended now, whatever its epoch.
    const isOver = place.sandbox !== null && (place.stopping || place.sandbox.epoch < belowEpoch);
    if (place.sandbox && isOver) await this.destroy(place.sandbox.id);
    const found = (await this.#driver.list()).filter((sandbox) => sandbox.workspaceId === workspaceId);
    for (const { sandboxId, epoch, attached } of found) {
      if (epoch < belowEpoch || !attached) await this.destroy(sandboxId);
    }
  }

  async #startWithDriver(spec: SandboxSpec, place: Place, signal: AbortSignal): Promise<Sandbox> {
    const sandbox = await this.#driver.start(spec, signal);
    if (place.epoch > spec.epoch) {
      await this.#driver.destroy(sandbox.id);
      refuseOlderEpoch(spec.epoch, place.epoch, 'the host (starting a sandbox)', {
        workspaceId: spec.workspaceId,
      });
    }
    place.sandbox = sandbox;
    place.stopping = false;
    place.loss = null;
    void sandbox.exited.then((exit) => this.#noteExit(sandbox, place, exit));
    return sandbox;
  }

  #noteExit(sandbox: Sandbox, place: Place, exit: SandboxExit): void {
    if (place.sandbox !== sandbox || place.stopping) return;
    place.sandbox = null;
    place.loss = exit;
    void this.#driver.destroy(sandbox.id).catch(() => {
      // The take-down that follows a loss lists and destroys again.
    });
    for (const listener of this.#lostListeners) listener(sandbox.workspaceId);
  }

  #refuseBeyondCapacity(workspaceId: WorkspaceId): void {
    const { live, starting, capacity } = this.load();
    if (live + starting < capacity) return;
    throw new CellbookError('capacity_exhausted', {
      doing: `starting a sandbox for workspace ${workspaceId}`,
      problem: `all ${capacity} places of this cell are taken`,
      next: 'Suspend a workspace you do not need, or try again in a little while.',
      ids: { workspaceId, capacity },
      retryAfterMs: limits.lifecycle.capacityRetryAfterMs,
    });
  }
}
