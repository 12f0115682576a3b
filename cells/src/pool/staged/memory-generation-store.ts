import type { Generation, GenerationStore, Stage } from './generation-store.ts';
import { type Counts, noCounts } from './judge.ts';

export class MemoryGenerationStore implements GenerationStore {
  #all: Generation[] = [];

  async list(): Promise<Generation[]> {
    return this.#all.map((each) => ({ ...each }));
  }

  async introduce(generation: string, stagedAtMs: number): Promise<void> {
    if (this.#all.some((each) => each.generation === generation)) return;
    const stage = this.#all.some((each) => each.stage === 'current') ? 'candidate' : 'current';
    for (const each of this.#all) if (each.stage === 'current') Object.assign(each, noCounts);
    this.#all.push({ generation, stage, stagedAtMs, ...noCounts });
  }

  async count(generation: string, more: Counts): Promise<void> {
    const found = this.#all.find((each) => each.generation === generation);
    if (!found) return;
    for (const key of ['tried', 'crashed', 'claims', 'slow'] as const) found[key] += more[key];
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
