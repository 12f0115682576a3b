/**
 * How long a job will run, learned from those that ended, as quantiles. Jobs are told apart by features in an
 * order from the widest to the narrowest, so that each job lies in a chain of ever smaller groups; a group
 * remembers its last times. The estimate walks down the chain and believes a group as far as it has seen
 * something: with `n` times of its own against `doubt` of what the wider one said. What is left over is
 * tracked per holder, who may send what no feature tells. Logarithms throughout: an error of a factor counts
 * the same for seconds and for hours. What was cut short is known to be longer (quantile.ts). The 95th percentile
 * is calibrated by what came of those that were served (calibration.ts). It never stops learning, so that what
 * drifts is followed.
 */
import { type Calibration, calibrate, newCalibration } from './calibration.ts';
import { type Observed, quantileOf } from './quantile.ts';

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
  groupsMax?: number;
}

/** 50,000 groups of 50 times at 16 bytes are 40 MB. */
const defaults = { memory: 50, doubt: 3, holderRate: 0.2, holderLogMax: 0.7, groupsMax: 50_000 };

export interface Ran {
  seconds: number;
  /** It was cut short: it would have run longer. */
  isCut?: boolean;
  /** The 95th percentile that was served for it; absent: as it would be predicted now. */
  servedP95Seconds?: number;
}

export interface RuntimeModelDump {
  groups: [string, [number, boolean][]][];
  holders: [string, number][];
  calibration: Calibration;
}

export class RuntimeModel {
  readonly #options: Required<RuntimeModelOptions>;
  readonly #groups = new Map<string, Recent>();
  readonly #holders = new Map<string, number>();
  #calibration = newCalibration();

  constructor(options: RuntimeModelOptions = {}) {
    this.#options = { ...defaults, ...options };
  }

  learn(features: RuntimeFeatures, { seconds, isCut = false, servedP95Seconds }: Ran): void {
    const log = Math.log(Math.max(seconds, 1));
    const p95 = servedP95Seconds ?? this.predict(features)?.p95Seconds;
    // Cut short below the bound it says nothing about the bound.
    if (p95 !== undefined && (!isCut || seconds > p95)) calibrate(this.#calibration, seconds > p95);
    this.#learnHolder(features, log, isCut);
    for (const key of groupKeys(features.chain)) {
      const group = this.#groups.get(key) ?? new Recent(this.#options.memory);
      // The group that learned last is the last to be forgotten.
      this.#groups.delete(key);
      this.#groups.set(key, group);
      group.add({ value: log, isCut });
    }
    for (const key of this.#groups.keys()) {
      if (this.#groups.size <= this.#options.groupsMax) break;
      this.#groups.delete(key);
    }
  }

  /** Null before anything has been learned. */
  predict(features: RuntimeFeatures): RuntimePrediction | null {
    const found = this.#estimate(features);
    if (!found) return null;
    const own = this.#holders.get(features.holder) ?? 0;
    const p50Seconds = Math.exp(found.p50 + own);
    const bound = Math.exp(found.p95 + own + this.#calibration.widen);
    return { p50Seconds, p95Seconds: Math.max(p50Seconds, bound), seen: found.seen };
  }

  dump(): RuntimeModelDump {
    const groups = [...this.#groups].map(
      ([key, group]) => [key, group.dump()] as [string, [number, boolean][]],
    );
    return { groups, holders: [...this.#holders], calibration: this.#calibration };
  }

  load(dump: RuntimeModelDump): void {
    for (const [key, values] of dump.groups) {
      const group = new Recent(this.#options.memory);
      for (const [value, isCut] of values) group.add({ value, isCut });
      this.#groups.set(key, group);
    }
    for (const [holder, own] of dump.holders) this.#holders.set(holder, own);
    this.#calibration = dump.calibration;
  }

  #learnHolder(features: RuntimeFeatures, log: number, isCut: boolean): void {
    const { holderRate, holderLogMax } = this.#options;
    const expected = this.#estimate(features)?.p50;
    if (expected === undefined) return;
    const before = this.#holders.get(features.holder) ?? 0;
    // Cut short of what was expected of this holder it says nothing of it.
    if (isCut && log < expected + before) return;
    const left = Math.max(-holderLogMax, Math.min(holderLogMax, log - expected));
    this.#holders.set(features.holder, before + holderRate * (left - before));
  }

  /** In logarithms. */
  #estimate({ chain }: RuntimeFeatures): { p50: number; p95: number; seen: number } | null {
    let estimate: { p50: number; p95: number; seen: number } | null = null;
    for (const key of groupKeys(chain)) {
      const group = this.#groups.get(key);
      if (!group) break;
      const own = group.quantiles();
      const wider: { p50: number; p95: number } = estimate ?? own;
      const doubted = (its: number, widers: number): number =>
        (group.size * its + this.#options.doubt * widers) / (group.size + this.#options.doubt);
      estimate = { p50: doubted(own.p50, wider.p50), p95: doubted(own.p95, wider.p95), seen: group.size };
    }
    return estimate;
  }
}

function groupKeys(chain: readonly string[]): string[] {
  const keys = ['['];
  for (const value of chain) keys.push(`${keys.at(-1)}${JSON.stringify(value)},`);
  return keys;
}

/** The last values, in a ring; what is asked of them is kept until another comes. */
class Recent {
  readonly #values: Observed[] = [];
  readonly #max: number;
  #next = 0;
  #quantiles: { p50: number; p95: number } | null = null;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#values.length;
  }

  add(value: Observed): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#max;
    this.#quantiles = null;
  }

  quantiles(): { p50: number; p95: number } {
    if (this.#quantiles) return this.#quantiles;
    const sorted = [...this.#values].sort((a, b) => a.value - b.value || Number(a.isCut) - Number(b.isCut));
    this.#quantiles = { p50: quantileOf(sorted, 0.5), p95: quantileOf(sorted, 0.95) };
    return this.#quantiles;
  }

  /** The oldest first. */
  dump(): [number, boolean][] {
    const inOrder = [...this.#values.slice(this.#next), ...this.#values.slice(0, this.#next)];
    return inOrder.map(({ value, isCut }) => [value, isCut]);
  }
}
