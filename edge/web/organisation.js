// The page of the organisation one acts in: its members, invitations and teams.
import { call } from './api.js';
import { byId, element, showProblem } from './dom.js';
import { startInvitations } from './invitations.js';
import { startMembers } from './members.js';
import { ignoreSecondClicks } from './second-click.js';
import { loadStanding, mayManage, roleNames, showRoleNote, switchTo } from './standing.js';
import { sureButton } from './sure-button.js';
import { startTeams } from './teams.js';

/** @typedef {import('./standing.js').Standing} Standing */

/** What went wrong, at the top of the page, until something goes well. @param {unknown} problem */
const report = (problem) => showProblem(byId('problem'), problem);

ignoreSecondClicks(document);
startCreate();
loadStanding().then(show, report);

/** @param {Standing} standing */
function show(standing) {
  const { me, org } = standing;
  if (!org) return;
  byId('org-name').textContent = org.name;
  document.title = `${org.name} · Cellbook`;
  byId('org-facts').textContent = `${roleNames[me.role]} · ${me.regionName} · ${me.tier}`;
  if (org.kind === 'personal') {
    byId('personal').hidden = false;
    return;
  }
  const path = `/v1/orgs/${org.id}`;
  const manages = mayManage(me.role);
  showRoleNote(manages ? null : `You are a ${me.role} of ${org.name}. Its admins change who is here.`);
  const teams = startTeams({ path, manages, report });
  const leaving = startLeave(path, org.name);
  startMembers({
    path,
    manages,
    report,
    onMembers: (members) => {
      teams.takeMembers(members);
      leaving.takeMembers(members);
    },
  });
  if (manages) startInvitations({ path, report });
}

/** @param {string} path @param {string} name */
function startLeave(path, name) {
  byId('leave-part').hidden = false;
  const leave = sureButton('Leave', `Leave ${name}`, async () => {
    try {
      await call('POST', `${path}/leave`);
      location.assign('/');
    } catch (problem) {
      report(problem);
    }
  });
  leave.classList.remove('quiet');
  const place = byId('leave-place');
  return {
    /** The only admin is told why not. @param {import('./members.js').Member[]} members */
    takeMembers(members) {
      const admins = members.filter(({ role }) => role === 'admin');
      const isOnly = admins.length === 1 && admins[0]?.isYou === true;
      const why = 'You are the only admin: make another member an admin first.';
      place.replaceChildren(isOnly ? element('p', { class: 'role-note' }, why) : leave);
    },
  };
}

function startCreate() {
  const form = byId('org-create');
  const input = /** @type {HTMLInputElement} */ (byId('new-org-name'));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
  // Until here the form could not be sent: the browser would have sent it in its own way.
  button.disabled = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name || button.disabled) return;
    button.disabled = true;
    try {
      const { id } = await call('POST', '/v1/orgs', { name });
      await switchTo(id);
    } catch (problem) {
      report(problem);
      input.focus();
    } finally {
      button.disabled = false;
    }
  });
}
