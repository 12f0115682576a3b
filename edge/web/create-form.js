// The form that makes a workspace.
import { call } from './api.js';
import { byId, showProblem } from './dom.js';
import { disable } from './standing.js';

/**
 * @param {(workspace: import('./api.js').Workspace) => void} onCreated
 * @param {string | null} readOnly Why nothing can be made, where it cannot.
 */
export function startCreateForm(onCreated, readOnly) {
  const form = byId('create');
  const input = /** @type {HTMLInputElement} */ (byId('new-name'));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
  const problemPlace = byId('create-problem');
  // Until here the form could not be sent: the browser would have sent it in its own way.
  button.disabled = false;
  if (readOnly !== null) {
    input.disabled = true;
    disable(button, readOnly);
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name || button.disabled || readOnly !== null) return;
    button.disabled = true;
    showProblem(problemPlace, null);
    try {
      onCreated(await call('POST', '/v1/workspaces', { name }));
      input.value = '';
      byId('announcer').textContent = `Created ${name}`;
    } catch (problem) {
      showProblem(problemPlace, problem);
    } finally {
      button.disabled = false;
      input.focus();
    }
  });
}
