/**
 * The warm pool of a cell: on each of its hosts some sandboxes are ready that are nobody's, and a workspace that
 * comes back without its memory, or for the first time, claims one.
 *
 *     look (every two seconds): demand, generations ─▶ each host's list, table ─▶ keep.ts ─▶ drop what is over, add
 *     claim: table (compare-and-swap) ─▶ host: files, environment ─▶ forget the row; where it fails, the member is ended
 *
 * The table is the truth about who may have which; this process remembers nothing of it.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import { newSandboxId, type SandboxId, type UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Hosts } from '../host/hosts.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import type { Turns } from '../lifecycle/boot-turns.ts';
import { repeatEvery } from '../repeat.ts';
import { nobody, type Sandbox, type SandboxSpec } from '../sandbox/driver.ts';
import type { Demand } from './forecast/demand.ts';
import { keep, type ToAdd } from './keep.ts';
import type { MemberSource, MemberWish } from './member-source.ts';
import { noPoolMetrics, type PoolMetrics } from './pool-metrics.ts';
import type { PoolSetting } from './pool-setting.ts';
import type { Claimed, PoolStore } from './pool-store.ts';
import { claimableOf, wantedOn } from './staged/stages.ts';
import type { Staging } from './staged/staging.ts';
import { targetsOf } from './target.ts';
import { untilClosed } from './until-closed.ts';

export interface PoolDeps {
  store: PoolStore;
  staging: Staging;
  demand: Demand;
  hosts: Hosts;
  clock: Clock;
  random: Random;
  log: Logger;
  setting: PoolSetting;
  metrics?: PoolMetrics;
}

export class Pool implements MemberSource {
  readonly #deps: PoolDeps;
  readonly #metrics: PoolMetrics;
  #turns: Turns | null = null;
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(deps: PoolDeps) {
    this.#deps = deps;
    this.#metrics = deps.metrics ?? noPoolMetrics;
    const { hosts, staging } = deps;
    hosts.onLost((workspaceId) => {
      if (hosts.lastLoss(workspaceId)?.reason === 'crashed') staging.lost(workspaceId);
    });
  }

  takeTurns(turns: Turns): void {
    this.#turns = turns;
  }

  start(): void {
    const { clock, log } = this.#deps;
    this.#timer = repeatEvery(clock, limits.pool.lookMs, () => this.look(), log);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#closing.abort(new Error('the pool is closed'));
    await this.#looking;
  }

  /** Whether that host has a pool: how much is in it says the table. */
  hasPool({ pool }: SandboxHost): boolean {
    const { setting } = this.#deps;
    return setting !== 0 && (pool?.generations.length ?? 0) > 0;
  }

  goldenOf({ pool }: SandboxHost): string | null {
    const { current } = this.#deps.staging.stages;
    return current !== null && pool?.generations.includes(current) ? current : null;
  }

  /** Makes a ready member of a host the workspace's. Throws `gone` where there is none for it. */
  async claim(host: SandboxHost, { ownerId, ...spec }: MemberWish, signal: AbortSignal): Promise<Sandbox> {
    const { store, clock, demand, staging, random } = this.#deps;
    const { hostId, pool } = host;
    const { tier = 'free' } = spec;
    demand.note();
    const generations = claimableOf(pool?.generations ?? [], staging.stages, random);
    const claimed = await store.claim({ hostId, generations }, { ...spec, tier }, clock.nowMs());
    if (!pool || claimed === null) {
      this.#metrics.countClaim('none_ready');
      throw noneReady(spec);
    }
    const begunMs = clock.monotonicMs();
    try {
      const sandbox = await pool.claim({ ...spec, sandboxId: claimed.sandboxId }, signal);
      this.#metrics.countClaim('claimed');
      staging.claimed(claimed.generation, clock.monotonicMs() - begunMs, ownerId, spec.workspaceId);
      void store.remove(claimed.sandboxId).catch((error) => this.#leave(host, claimed.sandboxId, error));
      return sandbox;
    } catch (error) {
      this.#metrics.countClaim('failed');
      this.#note(claimed, toCellbookError(error, 'claiming a sandbox'), {
        ownerId,
        tookMs: clock.monotonicMs() - begunMs,
        signal,
      });
      await this.#giveUp(host, claimed.sandboxId);
      throw error;
    }
  }

  /** Brings every host's pool to what it should be. */
  look(): Promise<void> {
    this.#looking = this.#look().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) throw error;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { hosts, staging, demand, setting, log } = this.#deps;
    const all = hosts.ids.map((hostId) => hosts.on(hostId));
    await demand.settle();
    await staging.settle(all.map(({ pool }) => pool ?? null));
    const sizes = all.map((host) => ({ hostId: host.hostId, capacity: host.load().capacity }));
    const targets = targetsOf(setting, sizes, demand.wanted());
    const looks = all.map((host) =>
      this.#lookAt(host, targets.get(host.hostId) ?? 0).catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          log.warn(
            { err: error, hostId: host.hostId },
            'keeping the pool of a host failed; it is tried again',
          );
        return 0;
      }),
    );
    const ready = (await Promise.all(looks)).reduce((sum, each) => sum + each, 0);
    const wanted = [...targets.values()].reduce((sum, each) => sum + each, 0);
    this.#metrics.observe({ ready, wanted, forecast: demand.wanted() });
  }

  /** Gives how many are ready there. */
  async #lookAt(host: SandboxHost, target: number): Promise<number> {
    const { store, clock, staging } = this.#deps;
    const { hostId } = host;
    if (!host.isOpen) return 0;
    const listed = await host.list();
    const unclaimed = listed.filter(({ workspaceId }) => workspaceId === nobody);
    const present = new Set(unclaimed.map(({ sandboxId }) => sandboxId));
    const wanted = wantedOn(host.pool?.generations ?? [], staging.stages, target);
    const ended = new Set(host.pool?.ended ?? []);
    const members = await store.listOnHost(hostId);
    const { retire, unknown, change, add } = keep({
      ...{ present, members, wanted, load: host.load(), nowMs: clock.nowMs() },
    });
    for (const { sandboxId, state, generation } of retire) {
      if (!(await store.retire(sandboxId, state))) continue;
      if (ended.has(sandboxId)) staging.crashed(generation, null);
      await host.pool?.drop(sandboxId);
    }
    for (const sandboxId of unknown) await host.pool?.drop(sandboxId);
    for (const { sandboxId, forTier } of change) await store.keepFor(sandboxId, forTier);
    if (add.length > 0) await this.#addAll(host, add);
    return members.filter(({ state }) => state === 'ready').length;
  }

  /** While something starts they take the place of a start: what is beside it is as much as before. */
  async #addAll(host: SandboxHost, add: readonly ToAdd[]): Promise<void> {
    const { signal } = this.#closing;
    let left = [...add];
    const addEach = async (isTurn: boolean) => {
      for (; left.length > 0 && !signal.aborted; left = left.slice(1)) {
        const [next] = left;
        if (!isTurn && this.#turns !== null && host.load().starting > 0) return;
        if (next) await this.#add(host, next);
      }
    };
    await addEach(false);
    if (left.length === 0 || this.#turns === null) return;
    await untilClosed(
      this.#turns.run(() => addEach(true)),
      signal,
    );
  }

  async #add(host: SandboxHost, { generation, forTier }: ToAdd): Promise<void> {
    const { store, clock, random, staging } = this.#deps;
    const { hostId, pool } = host;
    // Something else starts meanwhile: it goes first.
    if (!pool || (forTier === 'free' && host.load().starting > 0)) return;
    const sandboxId = newSandboxId(random);
    await store.begin({ sandboxId, hostId, generation, forTier }, clock.nowMs());
    try {
      await pool.add(sandboxId, generation, this.#closing.signal);
      staging.restored(generation);
      await store.ready(sandboxId, clock.nowMs());
    } catch (error) {
      const { code } = toCellbookError(error, 'adding a member to the pool');
      if (!this.#closing.signal.aborted && !isNoFaultOfIts.has(code)) staging.crashed(generation, null);
      if (await store.retire(sandboxId, 'starting')) await pool.drop(sandboxId);
      throw error;
    }
  }

  #note({ generation }: Claimed, { code }: CellbookError, by: FailedClaim): void {
    const { ownerId, tookMs, signal } = by;
    const { staging } = this.#deps;
    // Whoever waited has gone on: with the next rung if it took too long.
    if (signal.aborted) staging.claimed(generation, tookMs, ownerId);
    else if (!isNoFaultOfIts.has(code)) staging.crashed(generation, ownerId);
  }

  /** Ended, unless it is the workspace's after all: the next rung is given that one then. */
  async #giveUp(host: SandboxHost, sandboxId: SandboxId): Promise<void> {
    try {
      await host.pool?.drop(sandboxId);
      await this.#deps.store.remove(sandboxId);
    } catch (error) {
      this.#leave(host, sandboxId, error);
    }
  }

  #leave({ hostId }: SandboxHost, sandboxId: SandboxId, err: unknown): void {
    this.#deps.log.warn({ err, hostId, sandboxId }, 'a claimed member is left to a later look');
  }
}

interface FailedClaim {
  ownerId: UserId;
  tookMs: number;
  signal: AbortSignal;
}

/** A member whose place was needed, a host that is full or away, a controller that is not the owner any more. */
const isNoFaultOfIts: ReadonlySet<string> = new Set([
  'gone',
  'capacity_exhausted',
  'host_unreachable',
  'stale_epoch',
]);

const noneReady = ({ workspaceId }: SandboxSpec): CellbookError =>
  new CellbookError('gone', {
    doing: `claiming a sandbox for workspace ${workspaceId}`,
    problem: 'no sandbox is ready on its host',
    ids: { workspaceId },
  });
