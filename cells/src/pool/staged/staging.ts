/**
 * Brings new generations of images to everybody, in stages: counts how each does, and acts on what judge.ts says of
 * the newest. What was counted goes to its table within a look of the pool; of a crash two seconds are lost.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Generation, GenerationStore } from './generation-store.ts';
import { type Counts, judge, noCounts } from './judge.ts';
import { type Offer, type Stages, stagesOf, withoutAlternative } from './stages.ts';

export interface StagingDeps {
  store: GenerationStore;
  clock: Clock;
  log: Logger;
  onRollBack?(because: string): void;
}

interface Recent {
  generation: string;
  untilMs: number;
}

export class Staging {
  readonly #deps: StagingDeps;
  #stages: Stages = { current: null, candidate: null };
  readonly #uncounted = new Map<string, Counts>();
  /** Workspaces that claimed a while ago: their sandbox's crash is their image's. */
  readonly #recent = new Map<WorkspaceId, Recent>();

  constructor(deps: StagingDeps) {
    this.#deps = deps;
  }

  get stages(): Stages {
    return this.#stages;
  }

  restored(generation: string): void {
    this.#count(generation, { tried: 1 });
  }

  /** A restore or a claim failed, or a member ended by itself. */
  crashed(generation: string): void {
    this.#count(generation, { tried: 1, crashed: 1 });
  }

  claimed(generation: string, tookMs: number, workspaceId?: WorkspaceId): void {
    const { clock } = this.#deps;
    const slow = tookMs > limits.pool.staged.slowMs ? 1 : 0;
    this.#count(generation, { tried: 1, claims: 1, slow });
    if (workspaceId === undefined) return;
    const untilMs = clock.monotonicMs() + limits.pool.staged.soonMs;
    this.#recent.delete(workspaceId);
    this.#recent.set(workspaceId, { generation, untilMs });
    for (const [id, recent] of this.#recent)
      if (recent.untilMs < clock.monotonicMs() || this.#recent.size > limits.pool.staged.recentMax)
        this.#recent.delete(id);
  }

  /** The sandbox of a workspace has crashed. */
  lost(workspaceId: WorkspaceId): void {
    const recent = this.#recent.get(workspaceId);
    this.#recent.delete(workspaceId);
    if (recent && recent.untilMs >= this.#deps.clock.monotonicMs())
      this.#count(recent.generation, { crashed: 1 });
  }

  async settle(offers: readonly Offer[]): Promise<void> {
    const { store, clock } = this.#deps;
    for (const [generation, counts] of [...this.#uncounted]) {
      this.#uncounted.delete(generation);
      await store.count(generation, counts);
    }
    const before = await store.list();
    const own = offers.flatMap((offer) => offer?.own ?? []);
    const isNew = (generation: string) => before.every((each) => each.generation !== generation);
    const unseen = [...new Set(own)].filter(isNew);
    for (const generation of unseen) await store.introduce(generation, clock.nowMs());
    const all = unseen.length > 0 ? await store.list() : before;
    this.#stages = stagesOf((await this.#decide(all, offers)) ? await store.list() : all);
  }

  /** True where something has changed. */
  async #decide(all: readonly Generation[], offers: readonly Offer[]): Promise<boolean> {
    const { store, clock, log } = this.#deps;
    const only = withoutAlternative(offers, all);
    if (only !== null) return store.promote(only, clock.nowMs());
    const stages = stagesOf(all);
    const find = (generation: string | null) => all.find((each) => each.generation === generation);
    const [candidate, current] = [find(stages.candidate), find(stages.current)];
    if (!candidate || !current) return false;
    const verdict = judge(candidate, current);
    if (verdict.type === 'wait') return false;
    const { generation } = candidate;
    const counted = { generation, candidate: countsOf(candidate), current: countsOf(current) };
    if (verdict.type === 'promote') {
      log.info(counted, 'a new image of the pool has done well: all members are of it from now on');
      return store.promote(generation, clock.nowMs());
    }
    const { because } = verdict;
    const isDone = await store.rollBack(generation, clock.nowMs());
    if (isDone) {
      log.error(
        { ...counted, because },
        'a new image of the pool was rolled back: ops/runbooks/alerts/pool.md',
      );
      this.#deps.onRollBack?.(because);
    }
    return isDone;
  }

  #count(generation: string, more: Partial<Counts>): void {
    const counts = this.#uncounted.get(generation) ?? { ...noCounts };
    for (const key of ['tried', 'crashed', 'claims', 'slow'] as const) counts[key] += more[key] ?? 0;
    this.#uncounted.set(generation, counts);
  }
}

const countsOf = ({ tried, crashed, claims, slow }: Counts): Counts => ({ tried, crashed, claims, slow });
