// Renaming in place: the name becomes a field; Enter or leaving it saves, Escape does not.
import { element } from './dom.js';

/**
 * @param {HTMLElement} name The element that shows the name; the field stands in its place meanwhile.
 * @param {HTMLElement} button Where the focus goes back to.
 * @param {(name: string) => Promise<void>} save Called with a name that is new.
 */
export function editInPlace(name, button, save) {
  const before = name.textContent ?? '';
  const field = element('input', {
    type: 'text',
    maxlength: '100',
    value: before,
    'aria-label': 'New name',
    required: true,
  });
  let over = false;
  /** @param {boolean} saving */
  const finish = async (saving) => {
    if (over) return;
    over = true;
    const wanted = field.value.trim();
    field.replaceWith(name);
    button.hidden = false;
    if (document.activeElement === document.body) button.focus();
    if (saving && wanted && wanted !== before) await save(wanted);
  };
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    // Else the key's own action clicks the button that gets the focus, and editing starts anew.
    event.preventDefault();
    finish(event.key === 'Enter');
  });
  field.addEventListener('blur', () => finish(true));
  name.replaceWith(field);
  button.hidden = true;
  field.focus();
  field.select();
}
