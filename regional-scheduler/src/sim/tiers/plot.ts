/** The day as one SVG: how long jobs of each tier wait, how much of the GPUs is in use, and who holds which share. Pure. */
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { quantile } from '../region/quantile.ts';
import { escapeText } from './escape-text.ts';
import { windowMs } from './meter.ts';
import { type DayOutcome, tierNames } from './run-day.ts';

interface Line {
  name: string;
  colour: string;
  dashes: string;
  points: readonly { x: number; y: number }[];
}

interface Panel {
  title: string;
  lines: readonly Line[];
  ticks: readonly { at: number; name: string }[];
  /** 0–1, from the bottom. */
  scale(value: number): number;
}

const [width, panelHeight, head] = [980, 300, 70];
const plot = { left: 80, right: 190, top: 40, bottom: 40 };
/** Told apart without colours too: Okabe and Ito, 2008. */
const colours: Record<Tier, string> = { free: '#0072b2', paid: '#d55e00', enterprise: '#009e73' };

export interface DayShape {
  gpus: number;
  hours: number;
  load: number;
}

export function drawPlot(outcome: DayOutcome, day: DayShape & { title?: string }): string {
  const panels = [waitPanel(outcome), usePanel(outcome), sharePanel(outcome)];
  const height = head + panels.length * panelHeight;
  const title = day.title ?? `${day.hours} hours at ${Math.round(100 * day.load)} % load on ${day.gpus} GPUs`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(24, 38, title, 'font-size="20" font-weight="bold"'),
    ...panels.map(
      (panel, at) =>
        `<g transform="translate(0 ${head + at * panelHeight})">${drawPanel(panel, day.hours)}</g>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function waitPanel({ waits }: DayOutcome): Panel {
  const lines = tierNames.flatMap((tier) => {
    const windows: number[][] = [];
    for (const one of waits) {
      if (one.tier !== tier) continue;
      const nth = Math.floor(one.submittedMs / windowMs);
      windows[nth] = [...(windows[nth] ?? []), one.waitMs];
    }
    const sorted = windows.map((window) => window.sort((a, b) => a - b));
    const line = (name: string, share: number, dashes: string): Line => ({
      name: `${tier}, ${name}`,
      colour: colours[tier],
      dashes,
      points: sorted.flatMap((window, at) => (window ? [{ x: hourOf(at), y: quantile(window, share) }] : [])),
    });
    return [line('p50', 0.5, '5 3'), line('p95', 0.95, '')];
  });
  const ticks = [
    { at: 1e3, name: '1 s' },
    { at: 1e4, name: '10 s' },
    { at: 3e4, name: '30 s' },
    { at: 6e5, name: '10 min' },
    { at: 3.6e6, name: '1 h' },
    { at: 3.6e7, name: '10 h' },
  ];
  const scale = (ms: number) => Math.log(Math.max(ms, 500) / 500) / Math.log(8.64e7 / 500);
  return { title: 'Wait before the first start, by time of submission', lines, ticks, scale };
}

function usePanel({ meter }: DayOutcome): Panel {
  const points = meter.windows.map(({ utilisation }, at) => ({ x: hourOf(at), y: utilisation }));
  const lines = [{ name: 'in use', colour: '#222', dashes: '', points }];
  return {
    title: 'GPUs in use',
    lines,
    ticks: percents([0.8, 0.9, 0.95, 1]),
    scale: (y) => Math.max(0, (y - 0.75) / 0.25),
  };
}

function sharePanel({ meter }: DayOutcome): Panel {
  const lines = tierNames.flatMap((tier) => {
    const line = (name: 'held' | 'entitled', dashes: string): Line => ({
      name: `${tier}, ${name}`,
      colour: colours[tier],
      dashes,
      points: meter.windows.map((window, at) => ({ x: hourOf(at), y: window[name][tier] })),
    });
    return [line('held', ''), line('entitled', '2 3')];
  });
  return {
    title: 'Share of the priced GPUs, against what each is entitled to',
    lines,
    ticks: percents([0, 0.2, 0.4, 0.6, 0.8]),
    scale: (y) => y / 0.9,
  };
}

function drawPanel({ title, lines, ticks, scale }: Panel, hours: number): string {
  const end = width - plot.right;
  const bottom = panelHeight - plot.bottom;
  const x = (hour: number) => plot.left + (hour / hours) * (end - plot.left);
  const y = (value: number) => bottom - scale(value) * (bottom - plot.top);
  const hourTicks = Array.from({ length: 9 }, (_, at) => (at * hours) / 8);
  return [
    text(plot.left, plot.top - 14, title, 'font-size="14" font-weight="bold"'),
    ...ticks.map(
      ({ at: value, name }) =>
        `<line x1="${plot.left}" x2="${end}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#ddd"/>` +
        text(plot.left - 8, y(value) + 4, name, 'text-anchor="end"'),
    ),
    ...hourTicks.map((hour) =>
      text(x(hour), bottom + 18, `${Number(hour.toFixed(1))} h`, 'text-anchor="middle"'),
    ),
    ...lines.map(({ points, colour, dashes }) => {
      const path = points
        .map((point, nth) => `${nth === 0 ? 'M' : 'L'}${at(x(point.x))} ${at(y(point.y))}`)
        .join(' ');
      return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-dasharray="${dashes}"/>`;
    }),
    ...lines.map(({ name, colour, dashes }, nth) => {
      const height = plot.top + 10 + nth * 18;
      const key = `<line x1="${end + 12}" x2="${end + 36}" y1="${height - 4}" y2="${height - 4}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/>`;
      return key + text(end + 42, height, name, `fill="${colour}"`);
    }),
  ].join('\n');
}

const hourOf = (window: number): number => ((window + 0.5) * windowMs) / 3_600_000;
const percents = (values: readonly number[]) =>
  values.map((value) => ({ at: value, name: `${Math.round(100 * value)} %` }));
const text = (x: number, y: number, what: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}" ${more}>${escapeText(what)}</text>`;
const at = (value: number): string => value.toFixed(1);
