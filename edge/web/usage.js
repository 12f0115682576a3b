// The page of what is used and what was used: one's own, and for those who may the organisation's or everybody's.
// What is chosen stands in the address, so that it can be kept and passed on.
import { call } from './api.js';
import { byId, element, showProblem, whileBusy } from './dom.js';
import { loadStanding, mayManage } from './standing.js';
import { periods, spanOf, toCsv } from './usage-numbers.js';
import { showQuotas } from './usage-quota.js';
import { showTable } from './usage-table.js';

/**
 * @typedef {import('./usage-numbers.js').Metered} Metered
 * @typedef {import('./usage-numbers.js').MeteredRow} MeteredRow
 * @typedef {import('./standing.js').Standing} Standing
 * @typedef {{value: string, label: string}} Choice
 */

const names = new Map();
/** @type {Metered | null} */
let shown = null;
let asked = 0;

const select = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (byId(id));
const choices = () => ({
  period: select('usage-period').value,
  of: select('usage-of').value,
  group: select('usage-group').value,
  by: select('usage-by').value,
});

byId('usage-csv').addEventListener('click', download);
const retry = /** @type {HTMLButtonElement} */ (byId('usage-retry'));
retry.addEventListener('click', () => whileBusy(retry, load));
loadStanding().then(start, (problem) => showProblem(byId('problem'), problem));

/** @param {Standing} standing */
async function start(standing) {
  const { me, orgs, org } = standing;
  for (const { id, name } of orgs) names.set(id, name);
  names.set(me.userId, me.name);
  const orgName = org?.name ?? 'Your organisation';
  const kept = new URLSearchParams(location.search);
  fill('usage-period', Object.entries(periods).map(choiceOf), kept.get('period') ?? 'week');
  fill('usage-of', whose(standing, orgName), kept.get('of') ?? 'me');
  showGroups(kept.get('group') ?? 'workspace');
  showSteps(kept.get('by') ?? 'total');
  for (const id of ['usage-period', 'usage-of', 'usage-group', 'usage-by'])
    select(id).addEventListener('change', () => {
      if (id === 'usage-of') showGroups(select('usage-group').value);
      if (id === 'usage-period') showSteps(select('usage-by').value);
      load();
    });
  byId('usage-choices').hidden = false;
  if (org && org.kind === 'shared') await learnNames(`/v1/orgs/${org.id}`, mayManage(me.role));
  await Promise.all([loadQuotas(org?.kind === 'shared' ? orgName : null), load()]);
}

/** @param {[string, {label: string}]} entry */
const choiceOf = ([value, { label }]) => ({ value, label });

/** @param {Standing} standing @param {string} orgName @returns {Choice[]} */
function whose({ me, org }, orgName) {
  const all = [{ value: 'me', label: 'Mine' }];
  if (org?.kind === 'shared' && mayManage(me.role)) all.push({ value: 'organisation', label: orgName });
  if (me.role === 'operator') all.push({ value: 'platform', label: 'The whole platform' });
  return all;
}

/** @param {string} wanted */
function showGroups(wanted) {
  const of = select('usage-of').value;
  const groups = [
    { value: 'workspace', label: 'Workspace' },
    ...(of === 'me' ? [] : [{ value: 'user', label: 'Person' }]),
    { value: 'team', label: 'Team' },
    ...(of === 'platform' ? [{ value: 'organisation', label: 'Organisation' }] : []),
  ];
  fill('usage-group', groups, wanted);
}

/** @param {string} wanted */
function showSteps(wanted) {
  const labels = { total: 'the whole time', hour: 'an hour', day: 'a day', month: 'a month' };
  const steps = periods[select('usage-period').value]?.steps ?? ['total'];
  fill(
    'usage-by',
    steps.map((step) => ({ value: step, label: labels[step] })),
    wanted,
  );
}

/** @param {string} id @param {Choice[]} options @param {string} wanted */
function fill(id, options, wanted) {
  const list = select(id);
  list.replaceChildren(
    ...options.map(({ value, label }) => element('option', { value, selected: value === wanted }, label)),
  );
}

/** Names of people and teams; without them their ids are shown. @param {string} path @param {boolean} manages */
async function learnNames(path, manages) {
  const asking = [call('GET', `${path}/teams`), ...(manages ? [call('GET', `${path}/members`)] : [])];
  const [teams, members] = await Promise.allSettled(asking);
  if (teams?.status === 'fulfilled') for (const { id, name } of teams.value.teams) names.set(id, name);
  if (members?.status === 'fulfilled')
    for (const { userId, name } of members.value.members) names.set(userId, name);
}

/** @param {string | null} orgName */
async function loadQuotas(orgName) {
  const place = byId('quotas');
  try {
    showQuotas(await call('GET', '/v1/usage'), orgName);
  } catch (problem) {
    showProblem(byId('problem'), problem);
  } finally {
    place.setAttribute('aria-busy', 'false');
  }
}

async function load() {
  const { period, of, group, by } = choices();
  const query = new URLSearchParams({ ...spanOf(period, Date.now()), of, group, by });
  history.replaceState(null, '', `?${new URLSearchParams({ period, of, group, by })}`);
  const part = byId('usage-part');
  part.setAttribute('aria-busy', 'true');
  const turn = ++asked;
  try {
    const { metered } = await call('GET', `/v1/usage?${query}`);
    // Whoever has chosen something else meanwhile is not shown this.
    if (turn !== asked) return;
    shown = metered;
    showTable(metered, nameOf);
    showMissing(metered);
    showFailure(null);
    byId('announcer').textContent = `${metered.rows.length} rows`;
  } catch (problem) {
    if (turn === asked) showFailure(problem);
  } finally {
    if (turn === asked) part.setAttribute('aria-busy', 'false');
  }
}

/** @param {unknown} problem */
function showFailure(problem) {
  showProblem(byId('usage-problem-text'), problem);
  byId('usage-problem').hidden = problem === null;
  if (problem !== null) for (const id of ['usage-scroll', 'usage-empty', 'usage-csv']) byId(id).hidden = true;
}

/** @param {Metered} metered */
function showMissing({ missing }) {
  const note = byId('usage-missing');
  note.hidden = missing.length === 0;
  const cells = missing.length === 1 ? `cell ${missing[0]}` : `cells ${missing.join(', ')}`;
  note.textContent = `Not everything: ${cells} did not answer, and what was used there is not in it. Try again in a while.`;
}

/** @param {MeteredRow} row */
function nameOf({ name, key }) {
  if (key === null) return 'No team';
  return name ?? names.get(key) ?? key;
}

function download() {
  if (!shown) return;
  const url = URL.createObjectURL(new Blob([toCsv(shown, nameOf)], { type: 'text/csv' }));
  const link = element('a', { href: url, download: `usage-${shown.from.slice(0, 10)}.csv` });
  link.click();
  URL.revokeObjectURL(url);
}
