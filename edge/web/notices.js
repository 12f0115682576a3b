// Notices at the foot of the page: what happened, perhaps with a way to undo it. The container is a live
// region, so they are read out as well.
import { byId, element } from './dom.js';

const shownMs = 8_000;
const noticesMax = 3;

/** @param {string} text @param {{label: string, act: () => void}} [action] */
export function notify(text, action) {
  const notice = element('div', { class: 'notice-item' }, element('span', {}, text));
  let timer = setTimeout(remove, action ? 2 * shownMs : shownMs);
  if (action) {
    const button = element('button', { type: 'button', class: 'button' }, action.label);
    button.addEventListener('click', () => {
      remove();
      action.act();
    });
    notice.append(button);
  }
  // Nothing vanishes under the pointer or the focus.
  const hold = () => clearTimeout(timer);
  const release = () => {
    clearTimeout(timer);
    if (!notice.matches(':hover, :focus-within')) timer = setTimeout(remove, shownMs);
  };
  notice.addEventListener('pointerenter', hold);
  notice.addEventListener('focusin', hold);
  notice.addEventListener('pointerleave', release);
  notice.addEventListener('focusout', release);
  const notices = byId('notices');
  notices.append(notice);
  if (notices.childElementCount > noticesMax) notices.firstElementChild?.remove();

  function remove() {
    clearTimeout(timer);
    notice.remove();
  }
}
