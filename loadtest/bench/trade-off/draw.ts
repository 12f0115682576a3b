/** Panels of lines as one SVG, the vertical axis in milliseconds and logarithmic. Pure. */
export interface Point {
  x: number;
  y: number;
  label: string;
  /** Whose setting it is today. */
  chosenBy: readonly string[];
}

export interface Panel {
  title: string;
  xLabel: string;
  lines: readonly { name: string; points: readonly Point[] }[];
}

const [width, panelHeight, head] = [980, 330, 90];
const plot = { left: 80, right: 170, top: 46, bottom: 56 };
/** Told apart without colours too: Okabe and Ito, 2008. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const ticksMs = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];

export function draw(title: string, notes: readonly string[], panels: readonly Panel[]): string {
  const height = head + notes.length * 16 + panels.length * panelHeight;
  const top = (index: number) => head + notes.length * 16 + index * panelHeight - 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(24, 34, title, 'font-size="20" font-weight="bold"'),
    ...notes.map((note, index) => text(24, 58 + index * 16, note, 'fill="#555"')),
    ...panels.map((panel, index) => `<g transform="translate(0 ${top(index)})">${drawPanel(panel)}</g>`),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, xLabel, lines }: Panel): string {
  const points = lines.flatMap((line) => line.points);
  const xMax = Math.max(...points.map(({ x }) => x), 1e-9) * 1.05;
  const [yMin, yMax] = [
    Math.min(...points.map(({ y }) => y)) / 1.4,
    Math.max(...points.map(({ y }) => y)) * 1.4,
  ];
  const bottom = panelHeight - plot.bottom;
  const x = (value: number) => plot.left + (value / xMax) * (width - plot.left - plot.right);
  const y = (value: number) =>
    bottom - (Math.log(value / yMin) / Math.log(yMax / yMin)) * (bottom - plot.top);
  const end = width - plot.right;
  return [
    text(plot.left, plot.top - 14, title, 'font-size="14" font-weight="bold"'),
    ...ticksMs
      .filter((tick) => tick >= yMin && tick <= yMax)
      .map(
        (tick) =>
          `<line x1="${plot.left}" x2="${end}" y1="${at(y(tick))}" y2="${at(y(tick))}" stroke="#ddd"/>` +
          text(plot.left - 8, y(tick) + 4, `${tick} ms`, 'text-anchor="end"'),
      ),
    ...xTicks(xMax).map((tick) => text(x(tick), bottom + 16, String(tick), 'text-anchor="middle"')),
    `<line x1="${plot.left}" x2="${end}" y1="${bottom}" y2="${bottom}" stroke="#222"/>`,
    text((plot.left + end) / 2, bottom + 36, xLabel, 'text-anchor="middle"'),
    ...lines.map((line, index) => drawLine(line, colours[index] ?? '#222', { x, y, end, index })),
  ].join('\n');
}

interface Scales {
  x(value: number): number;
  y(value: number): number;
  end: number;
  index: number;
}

function drawLine(
  { name, points }: Panel['lines'][number],
  colour: string,
  { x, y, end, index }: Scales,
): string {
  const path = points
    .map((point, nth) => `${nth === 0 ? 'M' : 'L'}${at(x(point.x))} ${at(y(point.y))}`)
    .join(' ');
  const last = points.at(-1);
  return [
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${['', '6 3', '2 3'][index] ?? ''}"/>`,
    ...points.map((point) =>
      drawPoint(point, colour, { cx: x(point.x), cy: y(point.y), isNamed: index === 0 }),
    ),
    last ? text(end + 10, y(last.y) + 4, name, `fill="${colour}" font-weight="bold"`) : '',
  ].join('\n');
}

/** Points lie below each other on the lines of a panel: the first line names them. */
function drawPoint(
  { label, chosenBy }: Point,
  colour: string,
  { cx, cy, isNamed }: { cx: number; cy: number; isNamed: boolean },
): string {
  const isChosen = chosenBy.length > 0;
  return [
    `<circle cx="${at(cx)}" cy="${at(cy)}" r="${isChosen ? 6 : 3.5}" fill="${isChosen ? colour : 'white'}" stroke="${colour}" stroke-width="2"/>`,
    isNamed ? text(cx + 6, cy + 18, label, 'font-size="11"') : '',
    isNamed && isChosen
      ? text(cx + 6, cy + 31, chosenBy.join(', '), 'font-size="11" font-weight="bold"')
      : '',
  ].join('');
}

function xTicks(max: number): number[] {
  const rough = max / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  );
}

const text = (x: number, y: number, what: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}" ${more}>${what.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
const at = (value: number): string => value.toFixed(1);
