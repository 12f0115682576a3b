/**
 * When a model is no longer as good as it was when it was trained: two-sided CUSUM (Page 1954) of its error in
 * logarithms, and one of the size of the error, both in units of what they were then. Half a standard deviation is
 * let pass; what adds up to fifteen is an alarm. An error counts three deviations at the most: a few outliers alarm
 * nobody.
 */
export interface Reference {
  bias: number;
  spread: number;
  size: number;
  sizeSpread: number;
}

export interface DriftWatch {
  reference: Reference;
  longer: number;
  shorter: number;
  larger: number;
  /** Ends since the sums were last at zero: what has come since the world changed, as far as can be told. */
  since: number;
}

export type Drift = 'runs longer' | 'runs shorter' | 'errs more';

const slack = 0.5;
const threshold = 15;
const most = 3;

/** `errors`: logarithms of what it ran over what was predicted, when the model was trained. */
export function newDriftWatch(errors: readonly number[]): DriftWatch {
  const sizes = errors.map(Math.abs);
  const reference = {
    bias: meanOf(errors),
    spread: Math.max(0.05, deviationOf(errors)),
    size: meanOf(sizes),
    sizeSpread: Math.max(0.05, deviationOf(sizes)),
  };
  return { reference, longer: 0, shorter: 0, larger: 0, since: 0 };
}

/** What has drifted, as soon as it is sure; the sums begin anew then. */
export function watchDrift(watch: DriftWatch, error: number): Drift | null {
  const { bias, spread, size, sizeSpread } = watch.reference;
  const off = clip((error - bias) / spread);
  watch.longer = Math.max(0, watch.longer + off - slack);
  watch.shorter = Math.max(0, watch.shorter - off - slack);
  watch.larger = Math.max(0, watch.larger + clip((Math.abs(error) - size) / sizeSpread) - slack);
  watch.since = watch.longer + watch.shorter + watch.larger === 0 ? 0 : watch.since + 1;
  const sums = [
    ['runs longer', watch.longer],
    ['runs shorter', watch.shorter],
    ['errs more', watch.larger],
  ] as const;
  const [drift, sum] = [...sums].sort((a, b) => b[1] - a[1])[0]!;
  if (sum < threshold) return null;
  Object.assign(watch, { longer: 0, shorter: 0, larger: 0 });
  return drift;
}

/** Of each sum to its alarm, 0 to 1. */
export function nearnessOf({ longer, shorter, larger }: DriftWatch): Record<Drift, number> {
  return {
    'runs longer': longer / threshold,
    'runs shorter': shorter / threshold,
    'errs more': larger / threshold,
  };
}

const clip = (value: number): number => Math.max(-most, Math.min(most, value));

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}
