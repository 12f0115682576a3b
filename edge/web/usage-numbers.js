// What was used, as numbers and words: which time is asked for, what each row shows. Nothing here touches the page.

/**
 * @typedef {{seconds: number, byteSeconds: number}} Held
 * @typedef {object} MeteredRow
 * @property {string} start
 * @property {string | null} key
 * @property {string | null} name
 * @property {Held} running
 * @property {Held} live
 * @property {Held} memory
 * @property {Held} memoryRemote
 * @property {Held} files
 * @property {Held} versions
 * @property {Held} [environment]
 * @property {{upBytes: number, downBytes: number}} egress
 *
 * @typedef {'hour' | 'day' | 'month' | 'total'} Step
 * @typedef {'workspace' | 'user' | 'team' | 'organisation'} Group
 * @typedef {{from: string, to: string, by: Step, group: Group, rows: MeteredRow[], missing: string[]}} Metered
 */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const gibibyte = 2 ** 30;

/** Times to choose from, with the rows that each may be shown in. @type {Record<string, {label: string, steps: Step[]}>} */
export const periods = {
  day: { label: 'Last 24 hours', steps: ['total', 'hour'] },
  week: { label: 'Last 7 days', steps: ['total', 'day', 'hour'] },
  month: { label: 'This month', steps: ['total', 'day'] },
  before: { label: 'Last month', steps: ['total', 'day'] },
  quarter: { label: 'Last 90 days', steps: ['total', 'month', 'day'] },
  year: { label: 'Last 365 days', steps: ['total', 'month'] },
};

/**
 * Whole hours of UTC, as the platform counts; without `to`: until now.
 * @param {string} period
 * @param {number} nowMs
 * @returns {{from: string, to?: string}}
 */
export function spanOf(period, nowMs) {
  const now = new Date(nowMs);
  const monthFrom = (/** @type {number} */ months) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months)).toISOString();
  const daysFrom = (/** @type {number} */ days) =>
    new Date(Math.floor((nowMs - days * dayMs) / dayMs) * dayMs).toISOString();
  switch (period) {
    case 'day':
      return { from: new Date(Math.floor((nowMs - dayMs) / hourMs) * hourMs).toISOString() };
    case 'month':
      return { from: monthFrom(0) };
    case 'before':
      return { from: monthFrom(-1), to: monthFrom(0) };
    case 'quarter':
      return { from: daysFrom(90) };
    case 'year':
      return { from: daysFrom(365) };
    default:
      return { from: daysFrom(7) };
  }
}

const hours = (/** @type {number} */ seconds) => seconds / 3_600;
const gibHours = (/** @type {Held} */ { byteSeconds }) => hours(byteSeconds / gibibyte);
const mebibytes = (/** @type {number} */ bytes) => bytes / 2 ** 20;

/** @type {readonly {label: string, unit: string, what: string, value: (row: MeteredRow) => number}[]} */
export const columns = [
  {
    label: 'Running',
    unit: 'h',
    what: 'How long sandboxes ran.',
    value: ({ running }) => hours(running.seconds),
  },
  {
    label: 'Sandbox memory',
    unit: 'GiB h',
    what: 'What they had of memory, times how long they ran.',
    value: ({ running }) => gibHours(running),
  },
  {
    label: 'Paused',
    unit: 'h',
    what: 'How long they were paused with everything in memory, to be back at once.',
    value: ({ live }) => hours(live.seconds),
  },
  {
    label: 'Kept on host',
    unit: 'GiB h',
    what: 'Their memory, written to the disk of its host.',
    value: ({ memory }) => gibHours(memory),
  },
  {
    label: 'Kept in store',
    unit: 'GiB h',
    what: 'Their memory in the object store, to be back on any host.',
    value: ({ memoryRemote }) => gibHours(memoryRemote),
  },
  { label: 'Files', unit: 'GiB h', what: 'Files, as they are now.', value: ({ files }) => gibHours(files) },
  {
    label: 'Versions',
    unit: 'GiB h',
    what: 'What earlier versions of files hold beyond them.',
    value: ({ versions }) => gibHours(versions),
  },
  {
    label: 'Packages',
    unit: 'GiB h',
    what: 'Packages that were installed.',
    // A cell that does not count them yet says nothing of them.
    value: ({ environment }) => (environment ? gibHours(environment) : 0),
  },
  {
    label: 'Sent',
    unit: 'MiB',
    what: 'Sent out of sandboxes.',
    value: ({ egress }) => mebibytes(egress.upBytes),
  },
  {
    label: 'Received',
    unit: 'MiB',
    what: 'Received by them.',
    value: ({ egress }) => mebibytes(egress.downBytes),
  },
];

const few = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const many = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** What is next to nothing is not shown as nothing. @param {number} value */
export function shownNumber(value) {
  if (value > 0 && value < 0.01) return '< 0.01';
  return (value < 1_000 ? few : many).format(value);
}

/** @param {number} bytes */
export function shownBytes(bytes) {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${few.format(bytes / 2 ** (10 * step))} ${units[step]}`;
}

/** @param {string} start @param {Step} by */
export function shownStart(start, by) {
  if (by === 'month') return start.slice(0, 7);
  return by === 'hour' ? `${start.slice(0, 10)} ${start.slice(11, 16)}` : start.slice(0, 10);
}

/** Those that used most first; where rows are of times, in their order. @param {Metered} metered */
export function orderedRows({ rows, by }) {
  const weight = (/** @type {MeteredRow} */ row) => gibHours(row.running) + gibHours(row.files);
  return by === 'total' ? rows.toSorted((one, other) => weight(other) - weight(one)) : rows;
}

/** Of all rows together. @param {readonly MeteredRow[]} rows */
export function totals(rows) {
  return columns.map(({ value }) => rows.reduce((sum, row) => sum + value(row), 0));
}

/**
 * RFC 4180, as a spreadsheet takes it: a text that it would take for a formula is told apart by a quote.
 * @param {Metered} metered
 * @param {(row: MeteredRow) => string} nameOf
 */
export function toCsv({ rows, by, group }, nameOf) {
  const head = ['since', group, 'id', ...columns.map(({ label, unit }) => `${label} (${unit})`)];
  const lines = rows.map((row) => [
    shownStart(row.start, by),
    nameOf(row),
    row.key ?? '',
    ...columns.map(({ value }) => value(row).toFixed(6)),
  ]);
  return [head, ...lines].map((line) => line.map(field).join(',')).join('\r\n');
}

/** @param {string} text */
function field(text) {
  const plain = /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
