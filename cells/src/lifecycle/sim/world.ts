/**
 * One simulated host with its sandboxes and volumes, one store, and two controllers that both believe they
 * may act. Every change is logged and judged at once; the first broken invariant ends the run.
 */

import { ManualClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newOrgId, newUserId, newWorkspaceId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import { Hosts } from '../../host/hosts.ts';
import { LocalSandboxHost } from '../../host/local-sandbox-host.ts';
import { upTo } from '../../quotas/allowance.ts';
import { Lifecycle } from '../lifecycle.ts';
import { MemoryTransitionStore } from '../stores/memory-transition-store.ts';
import { MemoryWorkspaceStore } from '../stores/memory-workspace-store.ts';
import type { WorkspaceRow } from '../stores/workspace-row.ts';
import { Gate } from './gate.ts';
import * as invariants from './invariants.ts';
import { SimulatedDriver } from './simulated-driver.ts';
import { type SimulatedVolume, SimulatedVolumes } from './simulated-volumes.ts';

export class InvariantBroken extends Error {}

export interface Controller {
  name: string;
  gate: Gate;
  lifecycle: Lifecycle;
}

const hostId = hostIdSchema.parse('host-a');
const sandboxLimits = { memoryBytesMax: 1, cpuMillisMax: 1, pidsMax: 1, diskBytesMax: 1 };

export class World {
  readonly log: string[] = [];
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly transitions = new MemoryTransitionStore();
  readonly store = new MemoryWorkspaceStore(this.clock, this.transitions);
  readonly driver: SimulatedDriver;
  readonly volumes: SimulatedVolumes;
  readonly host: LocalSandboxHost;
  readonly capacity = 4;
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

  constructor(seed: number) {
    this.random = seededRandom(seed);
    const { clock, random } = this;
    this.failureRate = random.float() * 0.4;
    const failureRate = () => this.failureRate;
    this.driver = new SimulatedDriver({
      clock,
      random,
      failureRate,
      observe: (what, { workspaceId, epoch }) => {
        this.note(`sandbox of ${short(workspaceId)} epoch ${epoch}: ${what}`);
        this.#judgeSandboxes();
        if (what === 'starting' || what === 'adopted') this.#judgeEpoch(workspaceId, epoch);
      },
    });
    this.volumes = new SimulatedVolumes({
      clock,
      random,
      failureRate,
      observe: (what, workspaceId, volume) => this.#observeVolume(what, workspaceId, volume),
    });
    this.host = new LocalSandboxHost({ hostId, driver: this.driver, capacity: this.capacity });
    void this.store.subscribe(({ workspaceId }) => void this.#observeRow(workspaceId));
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
      hosts: new Hosts([gate.guard(this.host, hostCalls)]),
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

  #judgeSandboxes(): void {
    const sandboxes = [...this.driver.existing.values()];
    this.judge(invariants.always_one_sandbox_per_workspace(sandboxes));
    this.judge(invariants.always_within_capacity(sandboxes, this.capacity));
  }

  #judgeEpoch(workspaceId: WorkspaceId, epoch: number): void {
    const before = this.#newestEpochs.get(workspaceId) ?? 0;
    this.judge(invariants.always_rising_epochs(workspaceId, before, epoch));
    this.#newestEpochs.set(workspaceId, Math.max(before, epoch));
  }

  #observeVolume(what: string, workspaceId: WorkspaceId, volume: SimulatedVolume): void {
    this.note(`files of ${short(workspaceId)}: ${what} (${volume.live} live, ${volume.stored} stored)`);
    const seen = { workspaceId, ...volume };
    if (what === 'detaching') this.judge(invariants.always_stored_before_detached(seen));
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
const hostCalls = new Set<keyof LocalSandboxHost>(['start', 'adopt', 'stop', 'destroy', 'look', 'list']);
