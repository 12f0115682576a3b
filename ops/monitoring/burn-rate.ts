/**
 * Alerts by how fast an error budget burns, in several windows (Google's SRE Workbook, chapter 5, table 5-8, for 30
 * days): a rate of 1 uses the budget up in 30 days. The long window says that it matters, the short one that it is
 * still so: an alert ends minutes after its cause.
 *
 *   fast, a page     14.4 over 1 h and 5 min (2 % of the budget),  or 6 over 6 h and 30 min (5 %)
 *   slowly, a ticket    3 over 1 d and 2 h (10 %),                 or 1 over 3 d and 6 h (10 %)
 */
import type { Alert, RecordingRule } from './alert.ts';
import type { Slo } from './slos.ts';

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
type Window = (typeof windows)[number];

interface Burn {
  rate: number;
  long: Window;
  short: Window;
}

const fast: readonly Burn[] = [
  { rate: 14.4, long: '1h', short: '5m' },
  { rate: 6, long: '6h', short: '30m' },
];
const slow: readonly Burn[] = [
  { rate: 3, long: '1d', short: '2h' },
  { rate: 1, long: '3d', short: '6h' },
];

const ratio = ({ name }: Slo, window: Window): string => `cellbook:${name}:bad_ratio_${window}`;
const perHour = ({ name }: Slo, window: Window): string => `cellbook:${name}:events_per_hour_${window}`;

/** Where nothing happened there is no ratio; where nothing went wrong it is absent or 0. */
export const recordingRules = (slo: Slo): RecordingRule[] => [
  ...windows.map((window) => ({
    record: ratio(slo, window),
    expr: `(${slo.bad(window)}) / (${slo.total(window)} > 0)`,
  })),
  ...(['1h', '1d'] as const).map((window) => ({
    record: perHour(slo, window),
    expr: `${slo.total(window)} * 3600`,
  })),
];

export function burnAlerts(slo: Slo): Alert[] {
  const where = slo.by === null ? '' : ` in {{ $labels.${slo.by} }}`;
  const common = { forMinutes: 2, runbook: slo.runbook };
  return [
    {
      ...common,
      name: `${slo.alert}BurnsFast`,
      expr: burns(slo, fast, '1h'),
      severity: 'page',
      summary: `Broken now${where}: ${slo.promise} (${percent(slo.objective)} of 30 days). At this rate the budget is gone within days.`,
    },
    {
      ...common,
      name: `${slo.alert}BurnsSlowly`,
      expr: burns(slo, slow, '1d'),
      severity: 'ticket',
      summary: `Kept too seldom${where}: ${slo.promise} (${percent(slo.objective)} of 30 days). At this rate the budget does not last.`,
    },
  ];
}

function burns(slo: Slo, rates: readonly Burn[], guard: '1h' | '1d'): string {
  const budget = 1 - slo.objective;
  const over = (window: Window, rate: number) => `${ratio(slo, window)} > ${threshold(rate * budget)}`;
  const either = rates.map(({ rate, long, short }) => `(${over(long, rate)} and ${over(short, rate)})`);
  return `(${either.join(' or ')}) and ${perHour(slo, guard)} >= ${slo.eventsPerHourMin}`;
}

/** Without the noise of binary fractions. */
const threshold = (value: number): string => String(Number(value.toFixed(6)));

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;
