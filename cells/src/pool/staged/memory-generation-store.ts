import type { UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Generation, GenerationStore, Stage } from './generation-store.ts';
import { addTo, type Counts, noCounts, type OwnerCounts, sumOf } from './judge.ts';

interface Owned extends Counts {
  generation: string;
  owner: UserId;
}

export class MemoryGenerationStore implements GenerationStore {
  #all: Generation[] = [];
  #owned: Owned[] = [];

  async list(): Promise<Generation[]> {
    return this.#all.map((each) => ({ ...each }));
  }

  async introduce(generation: string, stagedAtMs: number): Promise<void> {
    if (this.#all.some((each) => each.generation === generation)) return;
    const stage = this.#all.some((each) => each.stage === 'current') ? 'candidate' : 'current';
    for (const each of this.#all) if (each.stage === 'current') Object.assign(each, noCounts);
    const candidates = new Set(
      this.#all.flatMap((each) => (each.stage === 'candidate' ? each.generation : [])),
    );
    this.#owned = this.#owned.filter((each) => candidates.has(each.generation));
    this.#all.push({ generation, stage, stagedAtMs, ...noCounts });
  }

  async count(generation: string, more: Counts, owner: UserId | null): Promise<void> {
    const found = this.#all.find((each) => each.generation === generation);
    if (!found) return;
    addTo(found, more);
    if (owner === null) return;
    const isTheirs = (each: Owned) => each.generation === generation && each.owner === owner;
    const theirs = this.#owned.find(isTheirs) ?? { generation, owner, ...noCounts };
    if (!this.#owned.some(isTheirs)) this.#owned.push(theirs);
    addTo(theirs, more);
  }

  async ownersOf(generation: string): Promise<OwnerCounts> {
    const owned = this.#owned.filter((each) => each.generation === generation);
    const most = (key: 'crashed' | 'slow') =>
      owned
        .filter((each) => each[key] > 0)
        .toSorted((one, other) => other[key] - one[key])
        .slice(0, limits.pool.staged.ownersLeftOut);
    return {
      ...{ all: sumOf(owned), mostCrashed: sumOf(most('crashed')), mostSlow: sumOf(most('slow')) },
      owners: owned.length,
      ownersCrashed: owned.filter(({ crashed }) => crashed > 0).length,
      ownersSlow: owned.filter(({ slow }) => slow > 0).length,
    };
  }

  async promote(generation: string, nowMs: number): Promise<boolean> {
    const before = this.#all.filter(({ stage }) => stage === 'current');
    if (!this.#move(generation, ['candidate', 'past'], 'current', nowMs)) return false;
    for (const each of before) Object.assign(each, { stage: 'past', stagedAtMs: nowMs });
    return true;
  }

  async rollBack(generation: string, nowMs: number): Promise<boolean> {
    return this.#move(generation, ['candidate'], 'rolled_back', nowMs);
  }

  #move(generation: string, from: readonly Stage[], stage: Stage, stagedAtMs: number): boolean {
    const found = this.#all.find((each) => each.generation === generation && from.includes(each.stage));
    if (found) Object.assign(found, { stage, stagedAtMs });
    return found !== undefined;
  }
}
