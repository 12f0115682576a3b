/**
 * How long a job will run, learned from those that ended, as quantiles. Jobs are told apart by features in an
 * order from the widest to the narrowest, so that each job lies in a chain of ever smaller groups; a group
 * remembers its last times. The estimate walks down the chain and believes a group as far as it has seen
 * something: with `n` times of its own against `doubt` of what the wider one said. What is left over is
 * tracked per holder, who may send what no feature tells. Logarithms throughout: an error of a factor counts
 * the same for seconds and for hours. It never stops learning, so that what drifts is followed.
 */

export interface RuntimeFeatures {
  /** From the widest group to the narrowest. */
  chain: readonly string[];
  /** Whose job it is. */
  holder: string;
}

export interface RuntimePrediction {
  p50Seconds: number;
  p95Seconds: number;
  /** How many times of its own the narrowest group that has any remembers; 0: nothing is known. */
  seen: number;
}

export interface RuntimeModelOptions {
  /** Times that a group remembers. */
  memory?: number;
  doubt?: number;
  /** How fast a holder's own factor is learned, and the largest it may be in logarithms. */
  holderRate?: number;
  holderLogMax?: number;
}

const defaults = { memory: 50, doubt: 3, holderRate: 0.2, holderLogMax: 0.7 };

export class RuntimeModel {
  readonly #options: Required<RuntimeModelOptions>;
  readonly #groups = new Map<string, Recent>();
  readonly #holders = new Map<string, number>();

  constructor(options: RuntimeModelOptions = {}) {
    this.#options = { ...defaults, ...options };
  }

  /** `seconds`: how long a job of these features ran to its good end. What failed or was cut short tells less. */
  learn(features: RuntimeFeatures, seconds: number): void {
    const log = Math.log(Math.max(seconds, 1));
    const { memory, holderRate, holderLogMax } = this.#options;
    const expected = this.#quantile(features, 0.5)?.log;
    if (expected !== undefined) {
      const left = Math.max(-holderLogMax, Math.min(holderLogMax, log - expected));
      const before = this.#holders.get(features.holder) ?? 0;
      this.#holders.set(features.holder, before + holderRate * (left - before));
    }
    for (const key of groupKeys(features.chain)) {
      const group = this.#groups.get(key) ?? new Recent(memory);
      this.#groups.set(key, group);
      group.add(log);
    }
  }

  /** Null before anything has been learned. */
  predict(features: RuntimeFeatures): RuntimePrediction | null {
    const [p50, p95] = [this.#quantile(features, 0.5), this.#quantile(features, 0.95)];
    if (!p50 || !p95) return null;
    const own = this.#holders.get(features.holder) ?? 0;
    return { p50Seconds: Math.exp(p50.log + own), p95Seconds: Math.exp(p95.log + own), seen: p50.seen };
  }

  #quantile(features: RuntimeFeatures, quantile: number): { log: number; seen: number } | null {
    let estimate: { log: number; seen: number } | null = null;
    for (const key of groupKeys(features.chain)) {
      const group = this.#groups.get(key);
      if (!group) break;
      const own = group.quantile(quantile);
      const wider: number = estimate?.log ?? own;
      const log = (group.size * own + this.#options.doubt * wider) / (group.size + this.#options.doubt);
      estimate = { log, seen: group.size };
    }
    return estimate;
  }
}

function groupKeys(chain: readonly string[]): string[] {
  return Array.from({ length: chain.length + 1 }, (_, length) => JSON.stringify(chain.slice(0, length)));
}

/** The last values, in a ring. */
class Recent {
  readonly #values: number[] = [];
  readonly #max: number;
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#values.length;
  }

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#max;
  }

  /** Between the values, as the median of two is their mean. */
  quantile(quantile: number): number {
    const sorted = [...this.#values].sort((a, b) => a - b);
    const at = quantile * (sorted.length - 1);
    const low = sorted[Math.floor(at)]!;
    return low + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - low);
  }
}
