/**
 * The warm pool of a cell: on each of its hosts some sandboxes are ready that are nobody's, and a workspace that
 * comes back without its memory, or for the first time, claims one.
 *
 *     look (each second): host's list, table ─▶ keep.ts ─▶ drop what is over, add what is missing
 *     claim: table (compare-and-swap) ─▶ host: files, environment ─▶ forget the row; where it fails, the member is ended
 *
 * The table is the truth about who may have which; this process remembers nothing of it.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newSandboxId, type SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Hosts } from '../host/hosts.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import { repeatEvery } from '../repeat.ts';
import { nobody, type Sandbox, type SandboxSpec } from '../sandbox/driver.ts';
import { keep } from './keep.ts';
import type { MemberSource } from './member-source.ts';
import type { PoolStore } from './pool-store.ts';

export interface PoolDeps {
  store: PoolStore;
  hosts: Hosts;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Members wanted on each host. */
  target: number;
}

export class Pool implements MemberSource {
  readonly #deps: PoolDeps;
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(deps: PoolDeps) {
    this.#deps = deps;
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
    return pool !== null && pool !== undefined && pool.generation !== null;
  }

  /** Makes a ready member of a host the workspace's. Throws `gone` where there is none. */
  async claim(host: SandboxHost, spec: SandboxSpec, signal: AbortSignal): Promise<Sandbox> {
    const { store, clock, log } = this.#deps;
    const { hostId, pool } = host;
    const generation = pool?.generation ?? null;
    const sandboxId =
      generation === null ? null : await store.claim({ hostId, generation }, spec, clock.nowMs());
    if (!pool || sandboxId === null) throw noneReady(spec);
    const unsettled = (cause: unknown) =>
      log.warn({ err: cause, hostId, sandboxId }, 'a claimed member is left to a later look');
    try {
      const sandbox = await pool.claim({ ...spec, sandboxId }, signal);
      await store.remove(sandboxId).catch(unsettled);
      return sandbox;
    } catch (error) {
      // What may be half somebody's is used no more.
      await this.#end(host, sandboxId).catch(unsettled);
      throw error;
    }
  }

  /** Brings every host's pool to what it should be. */
  look(): Promise<void> {
    const looks = this.#deps.hosts.ids.map((hostId) =>
      this.#lookAt(this.#deps.hosts.on(hostId)).catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          this.#deps.log.warn({ err: error, hostId }, 'keeping the pool of a host failed; it is tried again');
      }),
    );
    this.#looking = Promise.all(looks).then(() => {});
    return this.#looking;
  }

  async #lookAt(host: SandboxHost): Promise<void> {
    const { store, clock, target } = this.#deps;
    const { hostId } = host;
    if (!host.isOpen) return;
    const listed = await host.list();
    const unclaimed = listed.filter(({ workspaceId }) => workspaceId === nobody);
    const present = new Set(unclaimed.map(({ sandboxId }) => sandboxId));
    const generation = host.pool?.generation ?? null;
    const members = await store.listOnHost(hostId);
    const facts = { present, members, generation, target, nowMs: clock.nowMs() };
    const { retire, unknown, add } = keep({ ...facts, load: host.load() });
    for (const { sandboxId, state } of retire)
      if (await store.retire(sandboxId, state)) await host.pool?.drop(sandboxId);
    for (const sandboxId of unknown) await host.pool?.drop(sandboxId);
    for (let added = 0; added < add && !this.#closing.signal.aborted; added++)
      if (generation !== null) await this.#add(host, generation);
  }

  async #add(host: SandboxHost, generation: string): Promise<void> {
    const { store, clock, random } = this.#deps;
    const { hostId, pool } = host;
    // Something else starts meanwhile: it goes first.
    if (!pool || host.load().starting > 0) return;
    const sandboxId = newSandboxId(random);
    await store.begin({ sandboxId, hostId, generation }, clock.nowMs());
    try {
      await pool.add(sandboxId, this.#closing.signal);
      await store.ready(sandboxId, clock.nowMs());
    } catch (error) {
      if (await store.retire(sandboxId, 'starting')) await pool.drop(sandboxId);
      throw error;
    }
  }

  async #end(host: SandboxHost, sandboxId: SandboxId): Promise<void> {
    await host.destroy(sandboxId);
    await this.#deps.store.remove(sandboxId);
  }
}

const noneReady = ({ workspaceId }: SandboxSpec): CellbookError =>
  new CellbookError('gone', {
    doing: `claiming a sandbox for workspace ${workspaceId}`,
    problem: 'no sandbox is ready on its host',
    ids: { workspaceId },
  });
