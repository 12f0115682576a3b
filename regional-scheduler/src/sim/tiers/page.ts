/** Several runs of one day side by side, as one HTML page: what came of each in a table, and its plot. Pure. */
import { escapeText } from './escape-text.ts';
import { type DayShape, drawPlot } from './plot.ts';
import type { DayOutcome } from './run-day.ts';
import type { Summary } from './summary.ts';

export interface Run {
  name: string;
  outcome: DayOutcome;
  summary: Summary;
}

export function drawPage(runs: readonly Run[], day: DayShape): string {
  return [
    '<!doctype html><meta charset="utf-8"><title>A day of a GPU region</title>',
    '<style>body{font-family:sans-serif;margin:24px;color:#222}table{border-collapse:collapse}',
    'th,td{padding:4px 12px;text-align:right;border-bottom:1px solid #ddd}th:first-child,td:first-child{text-align:left}',
    'section{margin-top:32px}svg{max-width:100%;height:auto}td,th{white-space:nowrap}</style>',
    `<h1>${day.hours} hours at ${Math.round(100 * day.load)} % load on ${day.gpus} GPUs</h1>`,
    table(runs),
    ...runs.map(({ name, outcome }) => `<section>${drawPlot(outcome, { ...day, title: name })}</section>`),
    '',
  ].join('\n');
}

const columns: readonly [string, (summary: Summary) => string][] = [
  ['enterprise p50 / p95', ({ startMs }) => waits(startMs.enterprise)],
  ['paid p50 / p95', ({ startMs }) => waits(startMs.paid)],
  ['free p50 / p95', ({ startMs }) => waits(startMs.free)],
  ['in use', ({ utilisation }) => percent(utilisation)],
  ['held by free', ({ share }) => percent(share.free.held)],
  ['preemptions for 1,000 starts', (summary) => summary.preemptionsPerThousand.toFixed(0)],
  ['GPU time lost to them', ({ lostShare }) => percent(lostShare)],
  ['GPU hours there', ({ gpuHours }) => String(gpuHours)],
  ['hosts came / went', ({ nodes }) => `${nodes.came} / ${nodes.went}`],
];

function table(runs: readonly Run[]): string {
  const head = columns.map(([name]) => `<th>${name}</th>`).join('');
  const rows = runs.map(
    ({ name, summary }) =>
      `<tr><td>${escapeText(name)}</td>${columns.map(([, of]) => `<td>${of(summary)}</td>`).join('')}</tr>`,
  );
  return `<table><tr><th></th>${head}</tr>${rows.join('')}</table>`;
}

const waits = ({ p50, p95 }: { p50: number; p95: number }): string => `${time(p50)} / ${time(p95)}`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function time(ms: number): string {
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${(ms / 60_000).toFixed(0)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
