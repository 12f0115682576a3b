/**
 * Panels of lines as one SVG: upwards milliseconds, logarithmic; to the right what is held, by its square root, since
 * little of it matters most. Pure.
 */
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
    `<title>${escaped(title)}</title>`,
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
    // Room for the names of points, which lie below them.
    Math.min(...points.map(({ y }) => y)) / 2.2,
    Math.max(...points.map(({ y }) => y)) * 1.4,
  ];
  const bottom = panelHeight - plot.bottom;
  const x = (value: number) => plot.left + Math.sqrt(value / xMax) * (width - plot.left - plot.right);
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
    ...lines.map((line, index) => drawLine(line, colours[index] ?? '#222', { x, y, index })),
    ...apart(lines.map(({ points: of }) => y(of.at(-1)?.y ?? yMin))).map((place, index) =>
      text(
        end + 10,
        place + 4,
        lines[index]?.name ?? '',
        `fill="${colours[index] ?? '#222'}" font-weight="bold"`,
      ),
    ),
  ].join('\n');
}

/** Heights of names, moved down where one would lie on another. */
function apart(heights: readonly number[]): number[] {
  const taken: number[] = [];
  return heights.map((height) => {
    let free = height;
    while (taken.some((other) => Math.abs(other - free) < 14)) free += 1;
    taken.push(free);
    return free;
  });
}

interface Scales {
  x(value: number): number;
  y(value: number): number;
  index: number;
}

function drawLine({ points }: Panel['lines'][number], colour: string, { x, y, index }: Scales): string {
  const path = points
    .map((point, nth) => `${nth === 0 ? 'M' : 'L'}${at(x(point.x))} ${at(y(point.y))}`)
    .join(' ');
  const dashes = ['', '6 3', '2 3'][index] ?? '';
  return [
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/>`,
    ...points.map((point, nth) =>
      drawPoint(point, colour, {
        cx: x(point.x),
        cy: y(point.y),
        isNamed: index === 0,
        isLow: nth % 2 === 1,
      }),
    ),
  ].join('\n');
}

/** Points lie below each other on the lines of a panel: the first line names them, near and far below in turns. */
function drawPoint(
  { label, chosenBy }: Point,
  colour: string,
  { cx, cy, isNamed, isLow }: { cx: number; cy: number; isNamed: boolean; isLow: boolean },
): string {
  const isChosen = chosenBy.length > 0;
  const circle = `<circle cx="${at(cx)}" cy="${at(cy)}" r="${isChosen ? 6 : 3.5}" fill="${isChosen ? colour : 'white'}" stroke="${colour}" stroke-width="2"/>`;
  if (!isNamed) return circle;
  const y = isLow ? cy + 44 : cy + 20;
  return [
    circle,
    text(cx, y, label, 'font-size="11" text-anchor="middle"'),
    isChosen
      ? text(cx, y + 12, chosenBy.join(', '), 'font-size="11" font-weight="bold" text-anchor="middle"')
      : '',
  ].join('');
}

/** Seven at even distances of the square root, in round numbers. */
function xTicks(max: number): number[] {
  const ticks = Array.from({ length: 7 }, (_, index) => Number((max * (index / 7) ** 2).toPrecision(1)));
  return [...new Set(ticks)];
}

const text = (x: number, y: number, what: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}" ${more}>${escaped(what)}</text>`;
const escaped = (what: string): string => what.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const at = (value: number): string => value.toFixed(1);
