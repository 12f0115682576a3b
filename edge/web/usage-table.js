// What was used, as a table: a row for each thing and time, all of them together at its foot.
import { byId, element } from './dom.js';
import { columns, orderedRows, shownNumber, shownStart, totals } from './usage-numbers.js';

/** @typedef {import('./usage-numbers.js').Metered} Metered @typedef {import('./usage-numbers.js').MeteredRow} MeteredRow */

/** More than a person reads, and all that a page shows without delay; the file has all of them. */
const rowsShownMax = 500;

const groupNames = { workspace: 'Workspace', user: 'Person', team: 'Team', organisation: 'Organisation' };

/** @param {Metered} metered @param {(row: MeteredRow) => string} nameOf */
export function showTable(metered, nameOf) {
  const { rows, by, group } = metered;
  const isEmpty = rows.length === 0;
  byId('usage-empty').hidden = !isEmpty;
  byId('usage-scroll').hidden = isEmpty;
  byId('usage-csv').hidden = isEmpty;
  byId('usage-more').textContent =
    rows.length > rowsShownMax
      ? `${rowsShownMax} of ${rows.length} rows are shown; the file has all of them.`
      : '';
  const hasTimes = by !== 'total';
  const head = element(
    'tr',
    {},
    ...(hasTimes ? [element('th', { scope: 'col', class: 'time' }, 'Since (UTC)')] : []),
    element('th', { scope: 'col', class: 'thing' }, groupNames[group]),
    ...columns.map(heading),
  );
  byId('usage-head').replaceChildren(head);
  const shown = orderedRows(metered).slice(0, rowsShownMax);
  const most = Math.max(...shown.map((row) => columns[1]?.value(row) ?? 0), 0);
  byId('usage-rows').replaceChildren(...shown.map((row) => line(row, { by, hasTimes, most, nameOf })));
  const sums = totals(rows).map((sum) => element('td', {}, shownNumber(sum)));
  const all = element('th', { scope: 'row', class: 'thing', ...(hasTimes && { colspan: '2' }) }, 'Together');
  byId('usage-foot').replaceChildren(element('tr', {}, all, ...sums));
}

/** @param {(typeof columns)[number]} column */
function heading({ label, unit, what }) {
  const name = element('span', { class: 'column' }, label);
  return element('th', { scope: 'col', title: what }, name, element('span', { class: 'unit' }, unit));
}

/**
 * @param {MeteredRow} row
 * @param {{by: import('./usage-numbers.js').Step, hasTimes: boolean, most: number, nameOf: (row: MeteredRow) => string}} how
 */
function line(row, { by, hasTimes, most, nameOf }) {
  const name = nameOf(row);
  const thing = element('th', { scope: 'row', class: 'thing', title: row.key ?? name }, name);
  const cells = columns.map(({ value }, index) => {
    const number = value(row);
    const cell = element('td', { class: number === 0 ? 'nought' : '' }, shownNumber(number));
    // How it compares is seen before it is read.
    if (index === 1 && most > 0) cell.style.setProperty('--share', `${(100 * number) / most}%`);
    return cell;
  });
  const time = hasTimes ? [element('td', { class: 'time' }, shownStart(row.start, by))] : [];
  return element('tr', {}, ...time, thing, ...cells);
}
