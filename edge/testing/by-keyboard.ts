/** A page as somebody has it who has no pointer. */
import type { Page } from 'playwright-core';

interface Control {
  /** As it is read out. */
  name: string;
  /** It shows that it has the focus. */
  isSeen: boolean;
}

/** Said as text, since it runs in the page: what is shown and can be used, in the order of the document. */
const controls = `[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
  .filter((one) => !one.disabled && one.type !== 'hidden' && one.checkVisibility({ visibilityProperty: true }))`;
const named = `((one) => (one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent).trim())`;
const focused = `(() => {
  const one = document.activeElement;
  if (!${controls}.includes(one)) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  return { name: ${named}(one), isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
})()`;

/** What can be used on the page, what Tab comes to from its top, and what of that does not show the focus. */
export async function byTab(page: Page): Promise<{ there: string[]; reached: string[]; unseen: string[] }> {
  const there = await page.evaluate<string[]>(`${controls}.map(${named})`);
  const reached: Control[] = [];
  // From the top, wherever the focus was: the page itself has it for a moment.
  await page.evaluate(
    '((body) => { body.tabIndex = -1; body.focus(); body.removeAttribute("tabindex"); })(document.body)',
  );
  for (const _ of there) {
    await page.keyboard.press('Tab');
    const control = await page.evaluate<Control | null>(focused);
    if (control) reached.push(control);
  }
  const names = (some: Control[]) => some.map(({ name }) => name);
  return { there, reached: names(reached), unseen: names(reached.filter(({ isSeen }) => !isSeen)) };
}
