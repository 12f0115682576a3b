// Teams of an organisation. An admin fills them by hand; a team with a group is filled at its members' sign-in.
import { call } from './api.js';
import { byId, element } from './dom.js';
import { sureButton } from './sure-button.js';

/**
 * @typedef {{id: string, name: string, providerGroup: string | null, members: string[]}} Team
 * @typedef {import('./members.js').Member} Member
 */

/** @param {{path: string, manages: boolean, report: (problem: unknown) => void}} options */
export function startTeams({ path, manages, report }) {
  /** @type {Member[]} */
  let members = [];
  byId('teams-part').hidden = false;
  byId('team-create').hidden = !manages;
  byId('team-create').addEventListener('submit', create);
  return {
    /** @param {Member[]} next */
    takeMembers(next) {
      members = next;
      load();
    },
  };

  async function load() {
    try {
      /** @type {{teams: Team[]}} */
      const { teams } = await call('GET', `${path}/teams`);
      byId('teams').replaceChildren(...teams.map(row));
      byId('teams-empty').hidden = teams.length > 0;
    } catch (problem) {
      report(problem);
    }
  }

  /** @param {SubmitEvent} event */
  async function create(event) {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (byId('team-name'));
    const group = /** @type {HTMLInputElement} */ (byId('team-group'));
    const providerGroup = group.value.trim();
    const body = { name: name.value.trim(), ...(providerGroup && { providerGroup }) };
    if (await did('POST', '/teams', `Created ${body.name}`, body)) {
      name.value = '';
      group.value = '';
    }
    name.focus();
  }

  /** Asks, says what was done, and shows the list anew. @param {string} method @param {string} where @param {string} done @param {object} [body] */
  async function did(method, where, done, body) {
    try {
      await call(method, path + where, body);
    } catch (problem) {
      report(problem);
      return false;
    }
    report(null);
    byId('announcer').textContent = done;
    await load();
    return true;
  }

  /** @param {Team} team */
  function row(team) {
    const inside = members.filter(({ userId }) => team.members.includes(userId));
    const title = element('strong', {}, team.name);
    const detail = team.providerGroup ? `filled by the group ${team.providerGroup}` : 'filled by hand';
    const what = element('div', { class: 'what' }, title, element('span', { class: 'detail' }, detail));
    const people = element('ul', { class: 'chips', 'aria-label': `Members of ${team.name}` });
    people.append(...inside.map((member) => chip(team, member)));
    if (inside.length === 0) people.append(element('li', { class: 'detail' }, 'nobody yet'));
    what.append(people);
    const item = element('li', {}, what);
    if (manages) {
      const remove = sureButton('Delete', `Delete the team ${team.name}`, async () => {
        await did('DELETE', `/teams/${team.id}`, `Deleted ${team.name}`);
        byId('team-name').focus();
      });
      item.append(element('div', { class: 'actions' }, ...adding(team), remove));
    }
    return item;
  }

  /** @param {Team} team @param {Member} member */
  function chip(team, { userId, name }) {
    const item = element('li', { class: 'chip' }, name);
    if (!manages) return item;
    const label = `Take ${name} out of ${team.name}`;
    const out = element(
      'button',
      { type: 'button', class: 'chip-out', 'aria-label': label, title: label },
      '×',
    );
    out.addEventListener('click', async () => {
      await did('DELETE', `/teams/${team.id}/members/${userId}`, `${name} is no longer in ${team.name}`);
      byId('teams-title').focus();
    });
    item.append(out);
    return item;
  }

  /** A choice of those who are not in it; nothing where all are. @param {Team} team */
  function adding(team) {
    const outside = members.filter(({ userId }) => !team.members.includes(userId));
    if (outside.length === 0) return [];
    const select = element(
      'select',
      { 'aria-label': `Put somebody into ${team.name}` },
      element('option', { value: '' }, 'Add…'),
      ...outside.map(({ userId, name }) => element('option', { value: userId }, name)),
    );
    select.addEventListener('change', async () => {
      const chosen = outside.find(({ userId }) => userId === select.value);
      if (!chosen) return;
      const done = `${chosen.name} is in ${team.name} now`;
      if (!(await did('PUT', `/teams/${team.id}/members/${chosen.userId}`, done))) select.value = '';
      byId('teams-title').focus();
    });
    return [select];
  }
}
