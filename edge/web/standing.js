// Who is signed in, in which organisation they act, and what their role there lets them do. The top of every page
// shows it; the pages ask it before they offer anything, so that nobody is offered what would be refused.
import { call } from './api.js';
import { byId, element } from './dom.js';
import { notify } from './notices.js';

/**
 * @typedef {'viewer' | 'member' | 'admin' | 'operator'} Role
 * @typedef {{userId: string, orgId: string, name: string, role: Role, region: string, regionName: string, tier: string}} Me
 * @typedef {{id: string, name: string, kind: 'personal' | 'shared', role: Role, region: string | null, isActive: boolean}} Org
 * @typedef {{me: Me, orgs: Org[], org: Org | undefined}} Standing
 */

export const roleNames = { viewer: 'Viewer', member: 'Member', admin: 'Admin', operator: 'Operator' };

/** @returns {Promise<Standing>} */
export async function loadStanding() {
  const [me, { orgs }] = await Promise.all([call('GET', '/v1/me'), call('GET', '/v1/orgs')]);
  const standing = { me, orgs, org: orgs.find((/** @type {Org} */ org) => org.isActive) };
  showTop(standing);
  return standing;
}

/** @param {Role} role */
export const mayManage = (role) => role === 'admin' || role === 'operator';

/** Why this role changes nothing; null where it does. @param {Standing} standing */
export function readOnlyReason({ me, org }) {
  if (me.role !== 'viewer') return null;
  return `You are a viewer in ${org?.name ?? 'this organisation'}: you see what is yours and change nothing. Its admins can give you another role.`;
}

/** A control that is there and does nothing says why. @param {HTMLElement} control @param {string} reason */
export function disable(control, reason) {
  control.setAttribute('aria-disabled', 'true');
  control.setAttribute('title', reason);
  if (document.getElementById('role-note')) control.setAttribute('aria-describedby', 'role-note');
}

/** @param {string | null} reason */
export function showRoleNote(reason) {
  const note = byId('role-note');
  note.textContent = reason ?? '';
  note.hidden = reason === null;
}

/** @param {Standing} standing */
function showTop({ me, orgs }) {
  const person = byId('person');
  person.textContent = me.name;
  person.setAttribute('aria-label', `Account of ${me.name}`);
  const region = byId('region');
  region.textContent = me.regionName;
  region.title = `Your work in this organisation lives in ${me.regionName}.`;
  region.hidden = false;
  const select = /** @type {HTMLSelectElement} */ (byId('org'));
  const options = orgs.map(({ id, name, kind, isActive }) =>
    element('option', { value: id, selected: isActive }, kind === 'personal' ? `${name} (personal)` : name),
  );
  select.replaceChildren(...options);
  select.disabled = false;
  select.addEventListener('change', () => switchTo(select.value));
}

/** Acts in another organisation from now on, in every tab of this browser. @param {string} orgId */
export async function switchTo(orgId) {
  try {
    await call('POST', '/v1/session/organisation', { orgId });
    location.reload();
  } catch (problem) {
    notify(problem instanceof Error ? problem.message : 'That did not work.');
  }
}
