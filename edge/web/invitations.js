// Invitations of an organisation: a link is shown once, to whoever made it.
import { call } from './api.js';
import { copyOnClick, showOnce } from './copy-field.js';
import { byId, element } from './dom.js';
import { roleNames } from './standing.js';
import { sureButton } from './sure-button.js';

/** @typedef {{id: string, email: string | null, role: 'viewer' | 'member' | 'admin', expiresAt: string}} Invitation */

/** @param {{path: string, report: (problem: unknown) => void}} options */
export function startInvitations({ path, report }) {
  byId('invitations-part').hidden = false;
  copyOnClick('invite-text', 'invite-copy');
  byId('invite').addEventListener('submit', create);
  return load();

  async function load() {
    try {
      /** @type {{invitations: Invitation[]}} */
      const { invitations } = await call('GET', `${path}/invitations`);
      byId('invitations').replaceChildren(...invitations.map(row));
      byId('invitations-empty').hidden = invitations.length > 0;
    } catch (problem) {
      report(problem);
    }
  }

  /** @param {SubmitEvent} event */
  async function create(event) {
    event.preventDefault();
    const email = /** @type {HTMLInputElement} */ (byId('invite-email'));
    const role = /** @type {HTMLSelectElement} */ (byId('invite-role'));
    const button = /** @type {HTMLButtonElement} */ (byId('invite').querySelector('button'));
    if (button.disabled) return;
    button.disabled = true;
    try {
      const address = email.value.trim();
      const body = { role: role.value, ...(address && { email: address }) };
      const { url } = await call('POST', `${path}/invitations`, body);
      report(null);
      email.value = '';
      showOnce('invite-new', 'invite-text', url);
      await load();
    } catch (problem) {
      report(problem);
    } finally {
      button.disabled = false;
    }
  }

  /** @param {Invitation} invitation */
  function row({ id, email, role, expiresAt }) {
    const until = new Date(expiresAt).toLocaleDateString('en', { dateStyle: 'medium' });
    const who = email ?? 'Whoever has the link';
    const back = sureButton('Take back', `Take back the invitation of ${who}`, async () => {
      try {
        await call('DELETE', `${path}/invitations/${id}`);
        byId('invite-new').hidden = true;
        byId('announcer').textContent = 'The invitation is taken back.';
      } catch (problem) {
        report(problem);
      }
      await load();
      byId('invite-email').focus();
    });
    return element(
      'li',
      {},
      element(
        'div',
        { class: 'what' },
        element('strong', {}, who),
        element('span', { class: 'detail' }, `${roleNames[role]} · until ${until}`),
      ),
      back,
    );
  }
}
