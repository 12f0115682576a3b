// How much of what one may have is in use, by oneself and by the organisation.
import { byId, element } from './dom.js';
import { shownBytes } from './usage-numbers.js';

/**
 * @typedef {{used: number, limit: number}} Amount
 * @typedef {{workspaces: Amount, runningSandboxes: Amount, memoryBytes: Amount, storageBytes: Amount}} Quotas
 */

const plain = (/** @type {number} */ count) => count.toLocaleString('en');

/** @type {readonly [keyof Quotas, string, (amount: number) => string][]} */
const quotas = [
  ['workspaces', 'Workspaces', plain],
  ['runningSandboxes', 'Running', plain],
  ['memoryBytes', 'Memory', shownBytes],
  ['storageBytes', 'Storage', shownBytes],
];

/** From nine tenths on it is soon refused. */
const nearly = 0.9;

/** @param {{user: Quotas, organisation: Quotas | null}} usage @param {string | null} orgName Null: one's own, where both are the same. */
export function showQuotas({ user, organisation }, orgName) {
  const cards = [card('You', user)];
  if (organisation && orgName !== null) cards.push(card(orgName, organisation));
  byId('quotas').replaceChildren(...cards);
}

/** @param {string} whose @param {Quotas} amounts */
function card(whose, amounts) {
  const items = quotas.flatMap(([name, label, show]) => {
    const { used, limit } = amounts[name];
    const said = `${show(used)} of ${show(limit)}`;
    const bar = element('meter', {
      ...{ min: '0', max: String(Math.max(limit, 1)), value: String(Math.min(used, limit)) },
      ...{ high: String(limit * nearly), optimum: '0', 'aria-label': `${label}, ${whose}`, title: said },
    });
    return [element('dt', {}, label), element('dd', {}, element('span', {}, said), bar)];
  });
  return element('section', { class: 'quota' }, element('h3', {}, whose), element('dl', {}, ...items));
}
