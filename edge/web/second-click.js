// The second click of a double click does nothing. A button often means something else by then: Suspend has
// become Resume, Revoke asks whether to really do it, and below a deleted row the next one has moved up under
// the pointer. The browser counts quick clicks at one place in `detail`; the keyboard's are always 0.

/** @param {Document} page */
export function ignoreSecondClicks(page) {
  const ignore = (/** @type {UIEvent} */ event) => {
    const target = /** @type {Element | null} */ (event.target);
    if (!isSecond(event.detail, target?.closest('button, a') ?? null)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  page.addEventListener('click', ignore, { capture: true });
}

/** @param {number} clicks @param {unknown} control What was clicked, where it is a button or a link. */
export const isSecond = (clicks, control) => clicks > 1 && control !== null;
