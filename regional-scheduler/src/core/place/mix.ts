/**
 * What is usually asked for, counted as jobs come: GPUs and kinds of host. From it, how much of a host's free GPUs the
 * usual next job could not use (fragmentation.ts has the measure), for whole GPUs and by kind, in a table: placing
 * looks two numbers up. The table is made anew when half as many jobs again have come, so that it follows from the
 * submissions alone.
 */
import type { HostKind } from '../fleet/host.ts';

export const gpusMax = 8;
const freeMax = 64;
/** Counts are halved here: what was asked for long ago counts ever less. */
const countedMax = 65_536;

export interface MixCounts {
  /** By GPUs and SKUs, `2@H100,A100`; `1@` will do with any. */
  counts: Record<string, number>;
  counted: number;
  /** What the present table was made of. */
  used: Record<string, number>;
  nextAt: number;
}

export class Mix {
  #counts: MixCounts = { counts: {}, counted: 0, used: { '1@': 1 }, nextAt: 16 };
  #tables = new Map<string, Float64Array>();

  get saved(): MixCounts {
    return structuredClone(this.#counts);
  }

  restore(counts: MixCounts): void {
    this.#counts = structuredClone(counts);
    this.#tables.clear();
  }

  count(gpus: number, skus: readonly string[] | null): void {
    const mix = this.#counts;
    const key = `${gpus}@${skus?.join() ?? ''}`;
    mix.counts[key] = (mix.counts[key] ?? 0) + 1;
    if (++mix.counted < mix.nextAt) return;
    mix.used = { ...mix.counts };
    this.#tables.clear();
    if (mix.counted >= countedMax) {
      for (const one of Object.keys(mix.counts)) {
        mix.counts[one] = Math.floor(mix.counts[one]! / 2);
        if (mix.counts[one] === 0) delete mix.counts[one];
      }
      mix.counted = Object.values(mix.counts).reduce((sum, one) => sum + one, 0);
    }
    mix.nextAt = Math.ceil(mix.counted * 1.5) + 16;
  }

  /**
   * What taking `gpus` of `free` ones adds to the GPUs of no use, in millionths of a GPU by price; the lower the better.
   * A thousandth of what is taken is added, so that of two places that are as good the cheaper is chosen.
   */
  gradient(kind: HostKind, free: number, gpus: number): number {
    const table = this.#tables.get(kind.sku) ?? this.#makeTable(kind.sku);
    return (table[free - gpus]! - table[free]! + 1000 * gpus) * kind.priceMilli;
  }

  /** How many of so many free GPUs of a host the usual next job could not use. */
  useless({ sku }: Pick<HostKind, 'sku'>, free: number): number {
    const table = this.#tables.get(sku) ?? this.#makeTable(sku);
    return (table[Math.min(free, freeMax)] ?? 0) / 1e6;
  }

  #makeTable(sku: string): Float64Array {
    const table = new Float64Array(freeMax + 1);
    let all = 0;
    for (const [key, count] of Object.entries(this.#counts.used)) {
      const [gpus = '1', skus = ''] = key.split('@');
      const fits = skus === '' || skus.split(',').includes(sku);
      all += count;
      for (let free = 1; free <= freeMax; free++)
        if (!fits || free < Number(gpus)) table[free]! += count * free;
    }
    for (let free = 1; free <= freeMax; free++) table[free] = Math.round((1e6 * table[free]!) / all);
    this.#tables.set(sku, table);
    return table;
  }
}
