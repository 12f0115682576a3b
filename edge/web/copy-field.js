// A secret that is shown once, with a button that copies it.
import { byId } from './dom.js';

/** @param {string} fieldId @param {string} buttonId */
export function copyOnClick(fieldId, buttonId) {
  const button = byId(buttonId);
  button.addEventListener('click', async () => {
    const field = /** @type {HTMLInputElement} */ (byId(fieldId));
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 2_000);
    } catch {
      field.focus();
      field.select();
    }
  });
}

/** @param {string} placeId @param {string} fieldId @param {string} secret */
export function showOnce(placeId, fieldId, secret) {
  const field = /** @type {HTMLInputElement} */ (byId(fieldId));
  field.value = secret;
  byId(placeId).hidden = false;
  field.focus();
  field.select();
}
