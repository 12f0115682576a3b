// The page of one's own account: who one is here, and where one is signed in.
import { call } from './api.js';
import { ago, byId, element, showProblem } from './dom.js';
import { ignoreSecondClicks } from './second-click.js';
import { loadStanding, roleNames } from './standing.js';
import { sureButton } from './sure-button.js';

/** @typedef {{id: string, provider: string, browser: string, address: string, isThis: boolean, createdAt: string, lastSeenAt: string}} Session */

/** @param {unknown} problem */
const report = (problem) => showProblem(byId('problem'), problem);

ignoreSecondClicks(document);
loadStanding().then(showFacts, report);
load();

/** @param {import('./standing.js').Standing} standing */
function showFacts({ me, org }) {
  const facts = [
    ['Name', me.name],
    ['Organisation', org?.name ?? me.orgId],
    ['Role', roleNames[me.role]],
    ['Region', me.regionName],
    ['User', me.userId],
  ];
  byId('facts').replaceChildren(
    ...facts.flatMap(([name = '', value = '']) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

async function load() {
  const list = byId('sessions');
  try {
    const { sessions } = await call('GET', '/v1/sessions');
    list.replaceChildren(...sessions.map(row));
  } catch (problem) {
    report(problem);
  } finally {
    list.setAttribute('aria-busy', 'false');
  }
}

/** @param {Session} session */
function row(session) {
  const { id, browser, provider, address, isThis, lastSeenAt } = session;
  const way = provider === 'development' ? 'development sign-in' : `signed in with ${provider}`;
  const where = address === 'unknown' ? '' : ` · from ${address}`;
  const seen = isThis ? 'in use now' : `used ${ago(lastSeenAt)}`;
  const what = element(
    'div',
    { class: 'what' },
    element('strong', {}, browser),
    element('span', { class: 'detail' }, `${seen} · ${way}${where}`),
  );
  if (isThis) return element('li', {}, what, element('span', { class: 'here' }, 'This browser'));
  const end = sureButton('Sign out', `Sign out ${browser}, ${seen}`, async () => {
    try {
      await call('DELETE', `/v1/sessions/${id}`);
      report(null);
      byId('announcer').textContent = `Signed out ${browser}`;
    } catch (problem) {
      report(problem);
    }
    await load();
    byId('sessions-title').focus();
  });
  return element('li', {}, what, end);
}
