// The panel of tokens: made here, shown once, revoked here.
import { call } from './api.js';
import { copyOnClick, showOnce } from './copy-field.js';
import { byId, element, showProblem } from './dom.js';
import { sureButton } from './sure-button.js';

/** @typedef {import('./api.js').Token} Token */

/** @param {string | null} readOnly Why none can be made, where none can. */
export function startTokens(readOnly) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('tokens'));
  byId('open-tokens').addEventListener('click', open);
  dialog.addEventListener('close', forget);
  // A click on the backdrop, which is the dialog itself outside its content, closes it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  byId('token-create').addEventListener('submit', create);
  copyOnClick('token-text', 'token-copy');
  if (readOnly !== null) {
    /** @type {HTMLInputElement} */ (byId('token-name')).disabled = true;
    /** @type {HTMLButtonElement} */ (byId('token-create').querySelector('button')).disabled = true;
    byId('token-note').textContent = readOnly;
    byId('token-note').hidden = false;
  }
  if (location.hash === '#tokens') open();

  function open() {
    dialog.showModal();
    load();
  }
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
  const revoke = sureButton('Revoke', `Revoke ${token.name}`, async () => {
    try {
      await call('DELETE', `/v1/tokens/${token.id}`);
    } catch (problem) {
      showProblem(byId('token-problem'), problem);
    }
    await load();
    // The button has gone with its row.
    byId('token-name').focus();
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
    input.value = '';
    showOnce('token-new', 'token-text', token);
    await load();
  } catch (problem) {
    showProblem(byId('token-problem'), problem);
  } finally {
    button.disabled = false;
  }
}
