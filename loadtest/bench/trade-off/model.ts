/**
 * What keeping memory costs, and what it saves: pure. Measured are the times of each rung and what a workspace takes
 * in each state; how long people are away is given. For a policy every absence is followed through:
 *
 *     suspended ── frozen for `liveMs` ── an image until `imageMs` ── nothing
 *     resume by    live                   memory                     files, or cold where no pool is
 *
 * so that the times of resumes are a mixture of the measured ones, and what is held is an average over the time that
 * workspaces are suspended.
 */
import { limits } from '@cellbook/shared/limits.ts';

export interface Measured {
  /** Milliseconds of single resumes. */
  times: Readonly<Record<'live' | 'memory' | 'files' | 'cold', readonly number[]>>;
  /** Of one workspace that is frozen: memory. */
  frozenMiB: number;
  /** Of one whose image is kept: on its host and in the object store. */
  imageMiB: number;
}

export interface Policy {
  liveMs: number;
  imageMs: number;
  hasPool: boolean;
}

export interface Outcome {
  p50Ms: number;
  p95Ms: number;
  /** Of resumes, the share in which variables are there. */
  keepsShare: number;
  /** On average over the time suspended, of one workspace. */
  memoryMiB: number;
  diskMiB: number;
}

export function outcomeOf(measured: Measured, absencesMs: readonly number[], policy: Policy): Outcome {
  const rungs = absencesMs.map((absenceMs) => rungOf(absenceMs, policy));
  const weights = new Map<keyof Measured['times'], number>();
  for (const rung of rungs) weights.set(rung, (weights.get(rung) ?? 0) + 1 / absencesMs.length);
  const mixture = [...weights].map(([rung, weight]) => ({ values: measured.times[rung], weight }));
  const awayMs = sum(absencesMs);
  const frozenMs = sum(absencesMs.map((ms) => Math.min(ms, policy.liveMs)));
  const storedMs = sum(absencesMs.map((ms) => Math.max(0, Math.min(ms, policy.imageMs) - policy.liveMs)));
  return {
    p50Ms: quantileOf(mixture, 0.5),
    p95Ms: quantileOf(mixture, 0.95),
    keepsShare: (weights.get('live') ?? 0) + (weights.get('memory') ?? 0),
    memoryMiB: (measured.frozenMiB * frozenMs) / awayMs,
    diskMiB: (measured.imageMiB * storedMs) / awayMs,
  };
}

function rungOf(absenceMs: number, { liveMs, imageMs, hasPool }: Policy): keyof Measured['times'] {
  if (absenceMs <= liveMs) return 'live';
  if (absenceMs <= imageMs) return 'memory';
  return hasPool ? 'files' : 'cold';
}

export interface Part {
  values: readonly number[];
  weight: number;
}

/** The smallest value that at least `fraction` of the mixture does not exceed. */
export function quantileOf(mixture: readonly Part[], fraction: number): number {
  const all = mixture.flatMap(({ values, weight }) =>
    values.map((value) => ({ value, weight: weight / values.length })),
  );
  const whole = sum(all.map(({ weight }) => weight));
  let reached = 0;
  for (const { value, weight } of all.toSorted((one, other) => one.value - other.value)) {
    reached += weight;
    if (reached >= whole * fraction - 1e-9) return value;
  }
  throw new RangeError('a quantile of nothing');
}

/**
 * Of people who come at random, so many in an hour on average, the share that finds none ready of `size` members,
 * each of which is made again in `refillMs`, one after the other: Erlang's loss formula for one server that works
 * on `size` places (M/M/1/K), since what is missing is a queue that one maker serves.
 */
export function emptyShare(size: number, perHour: number, refillMs: number): number {
  const load = (perHour * refillMs) / 3_600_000;
  const terms = Array.from({ length: size + 1 }, (_, missing) => load ** missing);
  return (terms.at(-1) ?? 1) / sum(terms);
}

/**
 * How many a forecast keeps ready on a host alone in its cell: as many as come in its interval in most of them, when
 * they come at random (Poisson), at least one, and no more than its share of the places.
 */
export function forecastSize(perHour: number, places: number): number {
  const { forecast, placesShareMax, membersMax } = limits.pool;
  const mean = (perHour * forecast.intervalMs) / 3_600_000;
  let [size, term] = [0, Math.exp(-mean)];
  for (let reached = term; reached < forecast.probability; reached += term) term *= mean / ++size;
  return Math.min(Math.max(1, size), Math.max(1, Math.floor(places * placesShareMax)), membersMax);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
