/**
 * Who has come how often within a minute, over all isolates: one place counts what several would each count anew. In
 * memory alone: what an object forgets when it is moved or rests is a minute's count. A bounded number of objects
 * (`limits.edge.countShards`), each with a bounded number of keys.
 */
import { DurableObject } from 'cloudflare:workers';
import { SlidingCounts } from '../src/identity/sliding-counts.ts';

export class Counts extends DurableObject<unknown> {
  readonly #counts = new SlidingCounts();

  /** `nowMs` by the asker's clock: isolates of one platform differ by milliseconds. */
  async enter(key: string, countMax: number, nowMs: number): Promise<number | null> {
    return this.#counts.enter(key, countMax, nowMs);
  }
}
