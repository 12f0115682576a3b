// The members of an organisation. An admin gives roles and takes members out; others see who is there.
import { call } from './api.js';
import { byId, element } from './dom.js';
import { roleNames } from './standing.js';
import { sureButton } from './sure-button.js';

/** @typedef {{userId: string, name: string, email: string | null, role: 'viewer' | 'member' | 'admin', isYou: boolean}} Member */

/**
 * @param {object} options
 * @param {string} options.path
 * @param {boolean} options.manages
 * @param {(problem: unknown) => void} options.report
 * @param {(members: Member[]) => void} options.onMembers
 */
export function startMembers({ path, manages, report, onMembers }) {
  byId('members-part').hidden = false;
  return load();

  async function load() {
    const list = byId('members');
    try {
      /** @type {{members: Member[]}} */
      const { members } = await call('GET', `${path}/members`);
      const onlyAdmin = members.filter(({ role }) => role === 'admin').length === 1;
      list.replaceChildren(...members.map((member) => row(member, onlyAdmin && member.role === 'admin')));
      byId('member-count').textContent = `(${members.length})`;
      onMembers(members);
    } catch (problem) {
      report(problem);
    } finally {
      list.setAttribute('aria-busy', 'false');
    }
  }

  /** @param {Member} member @param {boolean} onlyAdmin */
  function row(member, onlyAdmin) {
    const { name, email, isYou } = member;
    const shown = isYou ? `${name} (you)` : name;
    const what = element('div', { class: 'what' }, element('strong', {}, shown));
    if (email) what.append(element('span', { class: 'detail' }, email));
    const item = element('li', {}, what);
    // Nobody takes himself out here; leaving is below. And the only admin stays what he is.
    if (manages && !(isYou && onlyAdmin))
      item.append(
        element('div', { class: 'actions' }, roleSelect(member), ...(isYou ? [] : [remove(member)])),
      );
    else if (isYou && onlyAdmin) item.append(element('span', { class: 'detail' }, 'The only admin'));
    else item.append(element('span', { class: 'detail' }, roleNames[member.role]));
    return item;
  }

  /** @param {Member} member */
  function roleSelect({ userId, name, role }) {
    const options = /** @type {const} */ (['viewer', 'member', 'admin']).map((one) =>
      element('option', { value: one, selected: one === role }, roleNames[one]),
    );
    const select = element('select', { 'aria-label': `Role of ${name}` }, ...options);
    select.addEventListener('change', async () => {
      const wanted = /** @type {Member['role']} */ (select.value);
      try {
        await call('PATCH', `${path}/members/${userId}`, { role: wanted });
        report(null);
        byId('announcer').textContent = `${name} is ${roleNames[wanted]} now. It counts within a minute.`;
      } catch (problem) {
        select.value = role;
        report(problem);
        return;
      }
      await load();
      focusRole(name);
    });
    return select;
  }

  /** The list has been made anew. @param {string} name */
  function focusRole(name) {
    const selects = /** @type {NodeListOf<HTMLElement>} */ (byId('members').querySelectorAll('select'));
    for (const select of selects) if (select.getAttribute('aria-label') === `Role of ${name}`) select.focus();
  }

  /** @param {Member} member */
  function remove({ userId, name }) {
    return sureButton('Remove', `Remove ${name}`, async () => {
      try {
        await call('DELETE', `${path}/members/${userId}`);
        report(null);
        byId('announcer').textContent = `Removed ${name}`;
        await load();
        byId('members-title').focus();
      } catch (problem) {
        report(problem);
      }
    });
  }
}
