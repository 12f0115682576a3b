// A button for what cannot be undone: the first click asks, the second does it. Leaving it takes the question back.
import { element, whileBusy } from './dom.js';

/**
 * @param {string} label What it says: `Remove`.
 * @param {string} what What it does, for those who only hear it: `Remove Ada`.
 * @param {() => Promise<void>} act
 */
export function sureButton(label, what, act) {
  const button = element(
    'button',
    { type: 'button', class: 'button quiet danger', 'aria-label': what },
    label,
  );
  let sure = false;
  /** @param {boolean} asked */
  const show = (asked) => {
    sure = asked;
    button.textContent = asked ? `Really ${label.toLowerCase()}?` : label;
    button.setAttribute(
      'aria-label',
      asked ? `Really ${what.charAt(0).toLowerCase()}${what.slice(1)}?` : what,
    );
  };
  button.addEventListener('click', () =>
    whileBusy(button, async () => {
      if (!sure) return show(true);
      await act();
    }),
  );
  button.addEventListener('blur', () => show(false));
  return button;
}
