/**
 * Brings new generations of images to everybody, in stages: counts how each does, and acts on what judge.ts says of
 * the newest. What was counted goes to its table within a look of the pool; of a crash two seconds are lost.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Generation, GenerationStore } from './generation-store.ts';
import { addTo, type Counts, type Evidence, judge, noCounts } from './judge.ts';
import { type Offer, type Stages, stagesOf, withoutAlternative } from './stages.ts';

export interface StagingDeps {
  store: GenerationStore;
  clock: Clock;
  log: Logger;
  onRollBack?(because: string): void;
}

/** What has not gone to the table yet. */
interface Uncounted {
  generation: string;
  owner: UserId | null;
  counts: Counts;
}

interface Recent {
  generation: string;
  ownerId: UserId;
  untilMs: number;
}

export class Staging {
  readonly #deps: StagingDeps;
  #stages: Stages = { current: null, candidate: null };
  readonly #uncounted = new Map<string, Uncounted>();
  /** Said once of each. */
  readonly #doubted = new Set<string>();
  /** Workspaces that claimed a while ago: their sandbox's crash is their image's. */
  readonly #recent = new Map<WorkspaceId, Recent>();

  constructor(deps: StagingDeps) {
    this.#deps = deps;
  }

  get stages(): Stages {
    return this.#stages;
  }

  restored(generation: string): void {
    this.#count(generation, null, { tried: 1 });
  }

  /** A restore failed, or a member ended by itself: nobody's; or a claim: its owner's. */
  crashed(generation: string, owner: UserId | null): void {
    this.#count(generation, owner, { tried: 1, crashed: 1 });
  }

  /** Without a workspace it was not had in time. */
  claimed(generation: string, tookMs: number, ownerId: UserId, workspaceId?: WorkspaceId): void {
    const { clock } = this.#deps;
    const slow = tookMs > limits.pool.staged.slowMs ? 1 : 0;
    this.#count(generation, ownerId, { tried: 1, claims: 1, slow });
    if (workspaceId === undefined) return;
    const untilMs = clock.monotonicMs() + limits.pool.staged.soonMs;
    this.#recent.delete(workspaceId);
    this.#recent.set(workspaceId, { generation, ownerId, untilMs });
    for (const [id, recent] of this.#recent)
      if (recent.untilMs < clock.monotonicMs() || this.#recent.size > limits.pool.staged.recentMax)
        this.#recent.delete(id);
  }

  /** The sandbox of a workspace has crashed. */
  lost(workspaceId: WorkspaceId): void {
    const recent = this.#recent.get(workspaceId);
    this.#recent.delete(workspaceId);
    if (recent && recent.untilMs >= this.#deps.clock.monotonicMs())
      this.#count(recent.generation, recent.ownerId, { crashed: 1 });
  }

  async settle(offers: readonly Offer[]): Promise<void> {
    const { store, clock } = this.#deps;
    for (const [key, { generation, counts, owner }] of [...this.#uncounted]) {
      this.#uncounted.delete(key);
      await store.count(generation, counts, owner);
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
    const [evidence, usual] = [await this.#evidenceOf(candidate), await this.#evidenceOf(current)];
    const verdict = judge(evidence, usual, clock.nowMs() - candidate.stagedAtMs);
    const { generation } = candidate;
    if (verdict.type === 'wait') {
      if (verdict.doubtful) this.#doubt(generation, evidence);
      return false;
    }
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

  async #evidenceOf(generation: Generation): Promise<Evidence> {
    return {
      total: countsOf(generation),
      owned: await this.#deps.store.ownersOf(generation.generation),
    };
  }

  #doubt(generation: string, { total, owned: { owners, ownersCrashed, ownersSlow } }: Evidence): void {
    if (this.#doubted.has(generation)) return;
    this.#doubted.add(generation);
    const said = { generation, candidate: total, owners, ownersCrashed, ownersSlow };
    this.#deps.log.warn(
      said,
      'a new image of the pool does worse for so few people that it may be them: nothing is concluded yet',
    );
  }

  /** Owners matter where there is a candidate to judge. */
  #count(generation: string, owner: UserId | null, more: Partial<Counts>): void {
    const by = this.#stages.candidate === null ? null : owner;
    const key = `${generation} ${by ?? ''}`;
    const known = this.#uncounted.get(key) ?? { generation, owner: by, counts: { ...noCounts } };
    addTo(known.counts, { ...noCounts, ...more });
    this.#uncounted.set(key, known);
    const [oldest] = this.#uncounted.keys();
    if (this.#uncounted.size > limits.pool.staged.recentMax && oldest !== undefined)
      this.#uncounted.delete(oldest);
  }
}

const countsOf = ({ tried, crashed, claims, slow }: Counts): Counts => ({ tried, crashed, claims, slow });
