/**
 * What hinders people on a page, as axe-core finds it: in light with every rule, in dark for its colours. Only what is
 * serious or critical counts. One line for each thing, with where it is.
 */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What of axe's answer is read here. */
interface Finding {
  id: string;
  impact?: string | null;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

const grave = new Set<unknown>(['serious', 'critical']);

/** `within`: a selector, for a page of which only a part is ours. */
export async function hindrances(page: Page, within = 'html'): Promise<string[]> {
  await page.evaluate(`(() => { if (!window.axe) { ${axe.source} } })()`);
  const light = await findings(page, 'light', within, {});
  const dark = await findings(page, 'dark', within, { runOnly: ['color-contrast'] });
  await page.emulateMedia({ colorScheme: null });
  return [...light, ...dark];
}

async function findings(
  page: Page,
  colorScheme: 'light' | 'dark',
  within: string,
  options: { runOnly?: string[] },
): Promise<string[]> {
  await page.emulateMedia({ colorScheme });
  // Said as text: the function would be compiled for Node, and this runs in the page.
  const asked = JSON.stringify({ ...options, resultTypes: ['violations'], elementRef: false });
  const { violations } = await page.evaluate<{ violations: Finding[] }>(
    `window.axe.run(${JSON.stringify(within)}, ${asked})`,
  );
  return violations
    .filter(({ impact }) => grave.has(impact))
    .flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ target, failureSummary = '' }) =>
          `${new URL(page.url()).pathname} (${colorScheme}) ${id}: ${help}: ${target.join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`,
      ),
    );
}
