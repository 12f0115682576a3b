/**
 * One or two simulated hosts with their sandboxes and volumes, one store, and two controllers that both believe
 * they may act. Two worlds of three keep the memory of what is suspended. Every change is logged and judged at
 * once; the first broken invariant ends the run.
 */

import { ManualClock } from '@cellbook/shared/clock.ts';
import {
  type HostId,
  hostIdSchema,
  newOrgId,
  newUserId,
  newWorkspaceId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import { Hosts } from '../../host/hosts.ts';
import type { LocalSandboxHost } from '../../host/local-sandbox-host.ts';
import { MemoryRestStore } from '../../ladder/memory-rest-store.ts';
import { upTo } from '../../quotas/allowance.ts';
import { Lifecycle } from '../lifecycle.ts';
import { MemoryTransitionStore } from '../stores/memory-transition-store.ts';
import { MemoryWorkspaceStore } from '../stores/memory-workspace-store.ts';
import type { WorkspaceRow } from '../stores/workspace-row.ts';
import { Gate } from './gate.ts';
import * as invariants from './invariants.ts';
import type { Existing } from './simulated-driver.ts';
import { makeSimulatedHost, type SimulatedHost } from './simulated-host.ts';
import { type SimulatedVolume, SimulatedVolumes } from './simulated-volumes.ts';

export class InvariantBroken extends Error {}

export interface Controller {
  name: string;
  gate: Gate;
  lifecycle: Lifecycle;
}

/** By the seed's remainder: as many hosts, each with so many places. */
const shapes = [
  { hosts: 1, capacity: 4, keepsMemory: false },
  { hosts: 1, capacity: 4, keepsMemory: true },
  { hosts: 2, capacity: 3, keepsMemory: true },
] as const;
const sandboxLimits = { memoryBytesMax: 1, cpuMillisMax: 1, pidsMax: 1, diskBytesMax: 1 };

export class World {
  readonly log: string[] = [];
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly transitions = new MemoryTransitionStore();
  readonly store = new MemoryWorkspaceStore(this.clock, this.transitions);
  readonly rests = new MemoryRestStore((id) => this.store.epochOf(id));
  readonly volumes: SimulatedVolumes;
  readonly hosts: readonly SimulatedHost[];
  readonly controllers: Controller[] = [];
  readonly workspaceIds: WorkspaceId[] = [];
  readonly rows = new Map<WorkspaceId, WorkspaceRow>();
  failureRate: number;
  /** Probability that a controller stands still at any one call or answer. */
  pauseRate = 0.002;
  unanswered = 0;
  broken: string | null = null;
  #controllersMade = 0;
  readonly #newestEpochs = new Map<WorkspaceId, number>();
  /** The newest that each owner has seen of its memory. */
  readonly #seenMemory = new Map<WorkspaceId, invariants.SeenMemory>();

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const { clock, random } = this;
    this.failureRate = random.float() * 0.4;
    const failureRate = () => this.failureRate;
    this.volumes = new SimulatedVolumes({
      clock,
      random,
      failureRate,
      observe: (what, workspaceId, volume) => this.#observeVolume(what, workspaceId, volume),
    });
    const { hosts, capacity, keepsMemory } = shapes[seed % shapes.length] ?? shapes[0];
    this.hosts = Array.from({ length: hosts }, (_, index) => {
      const hostId = hostIdSchema.parse(`host-${'ab'[index]}`);
      const observe = (what: string, sandbox: Existing) => this.#observeSandbox(hostId, what, sandbox);
      return makeSimulatedHost({ hostId, capacity, keepsMemory }, { clock, random, failureRate, observe });
    });
    void this.store.subscribe(({ workspaceId }) => void this.#observeRow(workspaceId));
  }

  get sandboxes(): (Existing & { hostId: HostId })[] {
    return this.hosts.flatMap(({ hostId, driver }) =>
      [...driver.existing.values()].map((sandbox) => ({ ...sandbox, hostId })),
    );
  }

  /** How many may run at once. */
  get capacity(): number {
    const open = this.hosts.filter(({ host }) => host.isOpen);
    return open.reduce((sum, { capacity }) => sum + capacity, 0);
  }

  note(what: string): void {
    this.log.push(`${this.clock.monotonicMs()} ${what}`);
  }

  addController(): void {
    const name = `controller-${++this.#controllersMade}`;
    const gate = new Gate((self) => {
      if (!self.crashed && this.random.float() < this.pauseRate) this.pause(name, self);
    });
    const lifecycle = new Lifecycle({
      store: gate.guard(this.store, storeCalls),
      transitions: gate.guard(this.transitions, transitionCalls),
      volumes: gate.guard(this.volumes, volumeCalls),
      hosts: new Hosts(this.hosts.map(({ host }) => gate.guard(host, hostCalls))),
      rests: gate.guard(this.rests, restCalls),
      clock: gate.clock(this.clock),
      random: seededRandom(this.random.int(2 ** 31)),
      log: silentLogger,
      sandboxLimits: () => sandboxLimits,
    });
    const controller = { name, gate, lifecycle };
    this.controllers.push(controller);
    this.note(`${controller.name} starts`);
    void lifecycle.start();
  }

  /** For up to twice as long as a lease lives. */
  pause(name: string, gate: Gate): void {
    const ms = this.random.int(2 * limits.lifecycle.lease.ttlMs);
    this.note(`${name} stands still for ${ms} ms`);
    gate.pause();
    this.clock.setTimer(ms, () => gate.resume(this.clock));
  }

  async addWorkspace(): Promise<void> {
    const id = newWorkspaceId(this.random);
    await this.volumes.create(id);
    const row = await this.store.create(
      {
        id,
        ownerId: newUserId(this.random),
        orgId: newOrgId(this.random),
        tier: 'free',
        name: 'simulated',
        desired: 'suspended',
        idleSuspendSeconds: 120,
        nowMs: this.clock.nowMs(),
        createKey: id,
      },
      upTo(10),
    );
    if (row) this.workspaceIds.push(id);
  }

  /** Moves time on in small steps, so that chains of promises settle at the moment they belong to. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms;
    while (this.clock.monotonicMs() < untilMs) {
      const nextMs = Math.min(untilMs, (this.clock.nextDueMs() ?? Infinity) - startMs);
      await this.clock.advance(Math.max(0, nextMs - this.clock.monotonicMs()));
      for (let turn = 0; turn < 60; turn++) await Promise.resolve();
      if (this.broken) throw new InvariantBroken(this.broken);
    }
  }

  judge(verdict: string | null): void {
    if (verdict === null || this.broken !== null) return;
    this.broken = verdict;
    this.note(`BROKEN: ${verdict}`);
  }

  seenWorkspace(row: WorkspaceRow): invariants.SeenWorkspace {
    const { id, desired, phase, dormant, epoch } = row;
    return { id, desired, phase, dormant, epoch, purged: row.purgedAtMs !== null };
  }

  /** Code in a sandbox has done something, whether or not anybody can see it yet. */
  remember({ sandboxId, hostId, workspaceId }: Existing & { hostId: HostId }): void {
    const sandbox = this.hosts.find((host) => host.hostId === hostId)?.driver.existing.get(sandboxId);
    if (!sandbox) return;
    sandbox.memory.count++;
    const row = this.rows.get(workspaceId);
    if (row) this.#judgeMemory(row, row);
  }

  #observeSandbox(hostId: HostId, what: string, { workspaceId, epoch, memory }: Existing): void {
    this.note(`sandbox of ${short(workspaceId)} epoch ${epoch} on ${hostId}: ${what} (${memory.count})`);
    this.#judgeSandboxes();
    if (what === 'starting' || what === 'adopted') this.#judgeEpoch(workspaceId, epoch);
  }

  #judgeSandboxes(): void {
    for (const { driver, capacity } of this.hosts) {
      const sandboxes = [...driver.existing.values()];
      this.judge(invariants.always_one_sandbox_per_workspace(sandboxes));
      this.judge(invariants.always_within_capacity(sandboxes, capacity));
    }
    this.judge(invariants.always_one_that_runs(this.sandboxes));
  }

  /** Of one that is announced: what it remembers is seen from now on. */
  #judgeMemory(row: WorkspaceRow, before: WorkspaceRow | undefined): void {
    if (row.phase !== 'running') return;
    const sandbox = this.sandboxes.find(
      ({ workspaceId, state, hostId, epoch }) =>
        workspaceId === row.id && state === 'live' && hostId === row.hostId && epoch === row.epoch,
    );
    if (!sandbox) return;
    const seen = this.#seenMemory.get(row.id);
    if (seen) this.judge(invariants.always_memory_goes_on(row.id, seen, sandbox.memory));
    const cameBack = seen?.bootedAtMs === sandbox.memory.bootedAtMs;
    if (before && before.phase !== 'running')
      this.judge(invariants.always_told_what_came_back(row.id, row.lastRung, cameBack));
    this.#seenMemory.set(row.id, { ...sandbox.memory });
  }

  #judgeEpoch(workspaceId: WorkspaceId, epoch: number): void {
    const before = this.#newestEpochs.get(workspaceId) ?? 0;
    this.judge(invariants.always_rising_epochs(workspaceId, before, epoch));
    this.#newestEpochs.set(workspaceId, Math.max(before, epoch));
  }

  #observeVolume(what: string, workspaceId: WorkspaceId, volume: SimulatedVolume): void {
    this.note(`files of ${short(workspaceId)}: ${what} (${volume.live} live, ${volume.stored} stored)`);
    const seen = { workspaceId, ...volume };
    if (what === 'detaching' || what === 'leaving behind')
      this.judge(invariants.always_stored_before_detached(seen));
    if (what === 'destroying') {
      const row = this.rows.get(workspaceId);
      const undoEnded = (row?.undoUntilMs ?? Infinity) <= this.clock.nowMs();
      this.judge(
        invariants.always_undoable_until_purged(seen, row ? this.seenWorkspace(row) : null, undoEnded),
      );
    }
  }

  async #observeRow(workspaceId: WorkspaceId): Promise<void> {
    const row = await this.store.get(workspaceId);
    if (!row) return;
    const before = this.rows.get(workspaceId);
    this.rows.set(workspaceId, row);
    this.note(`${short(workspaceId)} wants ${row.desired}, is ${row.phase}, epoch ${row.epoch}`);
    if (before && row.epoch < before.epoch) this.judge(`the epoch of ${workspaceId} went back`);
    this.#judgeMemory(row, before);
  }
}

/** Shorter than in life, where it is days: a run passes it several times. */
export const undoMs = 600_000;
const startMs = 1_750_000_000_000;
export const short = (workspaceId: WorkspaceId): string => workspaceId.slice(0, 7);

const storeCalls = new Set<keyof MemoryWorkspaceStore>([
  'get',
  'request',
  'acquire',
  'renew',
  'release',
  'commit',
  'touch',
  'listUnsettled',
]);
const transitionCalls = new Set<keyof MemoryTransitionStore>(['append', 'trim']);
const volumeCalls = new Set<keyof SimulatedVolumes>(['attach', 'adopt', 'flush', 'detach', 'destroy']);
const hostCalls = new Set<keyof LocalSandboxHost>([
  ...(['start', 'adopt', 'stop', 'destroy', 'look', 'list'] as const),
  ...(['freeze', 'thaw', 'store', 'images', 'dropImage'] as const),
]);
const restCalls = new Set<keyof MemoryRestStore>(['get', 'put', 'remove', 'listDue', 'listOnHost']);
