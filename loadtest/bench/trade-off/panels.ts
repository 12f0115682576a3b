/** The three panels of the plot: what is kept, and how long a resume takes. Pure. */
import { limits } from '@cellbook/shared/limits.ts';
import type { Panel, Point } from './draw.ts';
import { emptyShare, forecastSize, type Measured, type Outcome, outcomeOf, quantileOf } from './model.ts';

const tiers = ['free', 'paid', 'enterprise'] as const;
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
const { liveMsByTier, imageMsByTier } = limits.ladder;

const liveWindows: [string, number][] = [
  ['0', 0],
  ['1 min', minuteMs],
  ['5 min', 5 * minuteMs],
  ['15 min', 15 * minuteMs],
  ['1 h', hourMs],
  ['4 h', 4 * hourMs],
  ['1 d', dayMs],
];
const retentions: [string, number][] = [
  ['0', 0],
  ['1 h', hourMs],
  ['8 h', 8 * hourMs],
  ['1 d', dayMs],
  ['3 d', 3 * dayMs],
  ['14 d', 14 * dayMs],
  ['90 d', 90 * dayMs],
];
const poolSizes = [0, 1, 2, 3, 4, 6, 8];
const arrivalsPerHour = [30, 300, 1_200];

export interface PoolCosts {
  memberMiB: number;
  refillMs: number;
  /** Of the host. */
  places: number;
}

export function panelsOf(measured: Measured, absencesMs: readonly number[], pool: PoolCosts): Panel[] {
  return [livePanel(measured, absencesMs), imagePanel(measured, absencesMs), poolPanel(measured, pool)];
}

/** Images as those of paid people. */
function livePanel(measured: Measured, absencesMs: readonly number[]): Panel {
  const points = liveWindows.map(([label, liveMs]) => {
    const policy = { liveMs, imageMs: imageMsByTier.paid, hasPool: true };
    const { memoryMiB, p50Ms, p95Ms } = outcomeOf(measured, absencesMs, policy);
    return {
      label,
      x: memoryMiB,
      chosenBy: tiers.filter((tier) => liveMsByTier[tier] === liveMs),
      p50Ms,
      p95Ms,
    };
  });
  return {
    title: 'How long a suspended workspace stays frozen',
    xLabel: 'memory held for each suspended workspace, MiB on average',
    lines: linesOf(points),
  };
}

/** Frozen as those of paid people. */
function imagePanel(measured: Measured, absencesMs: readonly number[]): Panel {
  const points = retentions.map(([label, imageMs]) => {
    const policy = { liveMs: Math.min(imageMs, liveMsByTier.paid), imageMs, hasPool: true };
    const { diskMiB, p95Ms, p50Ms, keepsShare } = outcomeOf(measured, absencesMs, policy);
    const chosenBy = tiers.filter((tier) => imageMsByTier[tier] === imageMs);
    return { label: `${label}: ${Math.round(keepsShare * 100)} %`, x: diskMiB, chosenBy, p50Ms, p95Ms };
  });
  return {
    title: 'How long an image of its memory is kept, and how many come back with their variables',
    xLabel: 'storage held for each suspended workspace, MiB on average (host and object store)',
    lines: linesOf(points),
  };
}

type Found = Omit<Point, 'y'> & Pick<Outcome, 'p50Ms' | 'p95Ms'>;

function linesOf(found: readonly Found[]): Panel['lines'] {
  const points = found.reduce<Found[]>(joinWhereSame, []);
  return [
    { name: 'p50', points: points.map(({ p50Ms: y, p95Ms: _, ...point }) => ({ ...point, y })) },
    { name: 'p95', points: points.map(({ p95Ms: y, p50Ms: _, ...point }) => ({ ...point, y })) },
  ];
}

/** Where nobody is away for so long, keeping longer changes nothing: one point has both names. */
function joinWhereSame(points: Found[], point: Found): Found[] {
  const last = points.at(-1);
  if (!last || last.x !== point.x || last.p95Ms !== point.p95Ms) return [...points, point];
  const chosenBy = [...last.chosenBy, ...point.chosenBy];
  return [...points.slice(0, -1), { ...last, label: `${last.label}, ${point.label}`, chosenBy }];
}

function poolPanel({ times }: Measured, { memberMiB, refillMs, places }: PoolCosts): Panel {
  const line = (perHour: number) => ({
    name: `p95, ${perHour} an hour`,
    points: poolSizes.map((size) => {
      const empty = emptyShare(size, perHour, refillMs);
      const mixture = [
        { values: times.files, weight: 1 - empty },
        { values: times.cold, weight: empty },
      ];
      const chosenBy = size === forecastSize(perHour, places) ? ['auto'] : [];
      return { label: String(size), x: size * memberMiB, y: quantileOf(mixture, 0.95), chosenBy };
    }),
  });
  return {
    title:
      'How many sandboxes a host keeps ready for whoever has no memory kept (by default as many as the forecast says)',
    xLabel: 'memory held by the pool of a host, MiB',
    lines: arrivalsPerHour.map(line),
  };
}
