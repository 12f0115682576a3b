/** The console as a person uses it: by its labels, and by the state that each workspace's row shows. */
import type { Locator, Page } from 'playwright-core';

export async function signInAsNew(page: Page, origin: string, email: string): Promise<void> {
  await page.goto(origin);
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('#workspaces[aria-busy="false"]').waitFor({ state: 'attached' });
}

export interface WorkspaceOnPage {
  id: string;
  row: Locator;
  /** Waits until the row shows this phase. */
  is(phase: string): Promise<void>;
  click(button: 'Suspend' | 'Resume' | 'Delete'): Promise<void>;
  /** Opens it in a tab of its own. */
  open(): Promise<Page>;
}

export async function createWorkspace(page: Page, name: string): Promise<WorkspaceOnPage> {
  await page.getByLabel('Name of the new workspace').fill(name);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const named = page.locator('#workspaces > li[data-id]', { hasText: name });
  const id = await named.getAttribute('data-id');
  if (id === null) throw new Error(`the page shows no id for ${name}`);
  const row = page.locator(`#workspaces > li[data-id="${id}"]`);
  return {
    id,
    row,
    is: (phase) => page.locator(`li[data-id="${id}"][data-phase="${phase}"]`).waitFor({ timeout: 90_000 }),
    click: (button) => row.getByRole('button', { name: `${button} ${name}` }).click(),
    async open() {
      const opened = page.context().waitForEvent('page');
      await row.getByRole('link', { name: `Open ${name}` }).click();
      return opened;
    },
  };
}
