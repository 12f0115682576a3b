// The panel of tokens: made here, shown once, revoked here.
import { call } from './api.js';
import { byId, element, showProblem, whileBusy } from './dom.js';

/** @typedef {import('./api.js').Token} Token */

export function startTokens() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('tokens'));
  byId('open-tokens').addEventListener('click', () => {
    dialog.showModal();
    load();
  });
  dialog.addEventListener('close', forget);
  // A click on the backdrop, which is the dialog itself outside its content, closes it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  byId('token-create').addEventListener('submit', create);
  byId('token-copy').addEventListener('click', copy);
}

/** The token leaves the page with the panel. */
function forget() {
  byId('token-new').hidden = true;
  /** @type {HTMLInputElement} */ (byId('token-text')).value = '';
  showProblem(byId('token-problem'), null);
}

async function load() {
  try {
    const { tokens } = await call('GET', '/v1/tokens');
    byId('token-list').replaceChildren(...tokens.map(tokenRow));
    byId('token-empty').hidden = tokens.length > 0;
  } catch (problem) {
    showProblem(byId('token-problem'), problem);
  }
}

/** @param {Token} token */
function tokenRow(token) {
  const revoke = element(
    'button',
    { type: 'button', class: 'button quiet danger', 'aria-label': `Revoke ${token.name}` },
    'Revoke',
  );
  let sure = false;
  revoke.addEventListener('click', () =>
    whileBusy(revoke, async () => {
      if (!sure) {
        sure = true;
        revoke.textContent = 'Really revoke?';
        revoke.setAttribute('aria-label', `Really revoke ${token.name}?`);
        return;
      }
      try {
        await call('DELETE', `/v1/tokens/${token.id}`);
      } catch (problem) {
        showProblem(byId('token-problem'), problem);
      }
      await load();
      // The button has gone with its row.
      byId('token-name').focus();
    }),
  );
  revoke.addEventListener('blur', () => {
    sure = false;
    revoke.textContent = 'Revoke';
  });
  const until = new Date(token.expiresAt).toLocaleDateString('en', { dateStyle: 'medium' });
  return element(
    'li',
    {},
    element(
      'div',
      { class: 'what' },
      element('strong', {}, token.name),
      element('span', { class: 'detail' }, `ends in …${token.hint} · valid until ${until}`),
    ),
    revoke,
  );
}

/** @param {SubmitEvent} event */
async function create(event) {
  event.preventDefault();
  const input = /** @type {HTMLInputElement} */ (byId('token-name'));
  const button = /** @type {HTMLButtonElement} */ (byId('token-create').querySelector('button'));
  if (button.disabled || !input.value.trim()) return;
  button.disabled = true;
  showProblem(byId('token-problem'), null);
  try {
    const { token } = await call('POST', '/v1/tokens', { name: input.value.trim() });
    const text = /** @type {HTMLInputElement} */ (byId('token-text'));
    text.value = token;
    input.value = '';
    byId('token-new').hidden = false;
    text.focus();
    text.select();
    await load();
  } catch (problem) {
    showProblem(byId('token-problem'), problem);
  } finally {
    button.disabled = false;
  }
}

async function copy() {
  const text = /** @type {HTMLInputElement} */ (byId('token-text'));
  const button = byId('token-copy');
  try {
    await navigator.clipboard.writeText(text.value);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2_000);
  } catch {
    text.focus();
    text.select();
  }
}
