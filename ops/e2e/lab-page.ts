/** JupyterLab as a person uses it. Waits are for what becomes visible, never for time to pass. */
import type { Locator, Page, Response } from 'playwright-core';

const startDeadlineMs = 60_000;
/** A cell may first have to wake the workspace and boot a sandbox. */
const cellDeadlineMs = 120_000;

export async function labReady(page: Page): Promise<void> {
  const opening = page.locator('.jp-SplashScreen, #cellbook-opening');
  await page.locator('.jp-LabShell').waitFor({ timeout: startDeadlineMs });
  await opening.first().waitFor({ state: 'hidden', timeout: startDeadlineMs });
  await page.locator('.lm-DockPanel-widget:visible').first().waitFor({ timeout: startDeadlineMs });
}

export async function newNotebook(page: Page): Promise<void> {
  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
  await page.locator('.jp-Notebook .cm-content').first().waitFor({ timeout: startDeadlineMs });
}

/** Types into the last cell, runs it, and gives its output once it has finished. */
export async function runLastCell(page: Page, code: string): Promise<string> {
  const cell = await startLastCell(page, code);
  await finished(cell);
  return (await cell.locator('.jp-OutputArea-output').allInnerTexts()).join('').trim();
}

/** Types into the last cell and runs it, without waiting for its end. */
export async function startLastCell(page: Page, code: string): Promise<Locator> {
  const cells = page.locator('.jp-Notebook:visible .jp-CodeCell');
  const cell = cells.nth((await cells.count()) - 1);
  await cell.locator('.cm-content').click();
  await page.keyboard.insertText(code);
  await page.keyboard.press('Shift+Enter');
  return cell;
}

/** The prompt shows a number, not the star of a cell that waits or runs. */
async function finished(cell: Locator): Promise<void> {
  const prompt = cell.locator('.jp-InputPrompt', { hasText: /^\[\d+\]:$/ });
  await prompt.waitFor({ timeout: cellDeadlineMs });
}

/** Saves a new notebook under the name that JupyterLab proposes in its dialog. */
export async function saveFirst(page: Page): Promise<void> {
  await page.keyboard.press('Control+s');
  const accept = page.locator('.jp-Dialog .jp-mod-accept');
  await accept.waitFor();
  const isAnswer = (method: string, part: string) => (response: Response) =>
    response.request().method() === method && response.url().includes(part);
  await Promise.all([
    page.waitForResponse(isAnswer('PUT', '/api/contents/')),
    page.waitForResponse(isAnswer('POST', '/checkpoints')),
    accept.click(),
  ]);
}

/** Opens a terminal from the menu and types a line into it. */
export async function typeInNewTerminal(page: Page, line: string): Promise<void> {
  const [opened] = await Promise.all([
    page.waitForEvent('websocket', (one) => one.url().includes('/terminals/websocket/')),
    chooseFromMenu(page, 'File', 'New', 'Terminal'),
  ]);
  // The shell has shown its prompt once anything came after the set-up frame.
  await opened.waitForEvent('framereceived', (frame) => String(frame.payload).startsWith('["stdout"'));
  await page.locator('.jp-Terminal:visible').click();
  await page.keyboard.type(`${line}\n`);
}

export async function chooseFromMenu(page: Page, menu: string, ...path: string[]): Promise<void> {
  await page.locator('.lm-MenuBar-item', { hasText: new RegExp(`^${menu}$`) }).click();
  for (const label of path.slice(0, -1)) await menuItem(page, label).hover();
  await menuItem(page, path.at(-1) ?? '').click();
}

const menuItem = (page: Page, label: string): Locator =>
  page
    .locator('.lm-Menu-item')
    .filter({ has: page.locator('.lm-Menu-itemLabel', { hasText: new RegExp(`^${label}`) }) })
    .first();

export async function showTab(page: Page, label: string): Promise<void> {
  await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: label }).click();
}

/** What the status bar says about the workspace. */
export const statusItem = (page: Page): Locator => page.locator('.cb-WorkspaceStatus');
