/**
 * One notebook in a real browser, from signing in to resuming: through the edge in workerd, a cell and gVisor.
 * The tests of the first part are one story and run in order. The screenshots are kept, to be looked at.
 */
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hindrances } from '../test/axe.ts';
import { waitUntil } from '../up/wait-until.ts';
import { type Browser, openBrowser } from './browser.ts';
import { createWorkspace, signInAsNew, type WorkspaceOnPage } from './console-page.ts';
import {
  chooseFromMenu,
  labReady,
  newNotebook,
  runLastCell,
  saveFirst,
  showTab,
  startLastCell,
  statusItem,
  typeInNewTerminal,
} from './lab-page.ts';
import { useTestPlatform } from './test-platform.ts';

const platform = useTestPlatform();
let browser: Browser;
let dashboard: Page;
let lab: Page;
let workspace: WorkspaceOnPage;

beforeAll(async () => {
  browser = await openBrowser('browser');
  dashboard = await browser.context.newPage();
});
afterAll(() => browser?.close());

// One story: after a chapter that failed, the later ones would only fail for want of it.
let ended: string | null = null;
beforeEach(() => {
  if (ended !== null) throw new Error(`the story ended with “${ended}”`);
});
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail' || ended !== null) return;
  ended = task.name;
  console.error({ problems: browser.problems, pending: browser.pending() });
  for (const [index, page] of browser.context.pages().entries()) {
    await browser.screenshot(page, `failed-tab-${index}`);
  }
});

/** What a script of the workspace's own origin reads there; from outside the page, Node knows no `*.localhost`. */
function contents(path: string): Promise<{ status: number; text: string }> {
  return lab.evaluate(async (target) => {
    const response = await fetch(target);
    return { status: response.status, text: await response.text() };
  }, `/api/contents/${path}`);
}

describe('one notebook in a browser', () => {
  it('signs in and creates a workspace, which costs nothing until it is used', async () => {
    await signInAsNew(dashboard, platform().url, `${systemRandom.uuid()}@cellbook.test`);
    await browser.screenshot(dashboard, 'signed-in');
    workspace = await createWorkspace(dashboard, 'Climate study');
    await workspace.is('suspended');
    await browser.screenshot(dashboard, 'created');
  });

  it("opens JupyterLab on the workspace's own origin", async () => {
    lab = await workspace.open();
    await labReady(lab);
    expect(new URL(lab.url()).hostname).toBe(`${workspace.id}.localhost`);
    await statusItem(lab).getByText('Climate study').waitFor();
    await lab.locator('.jp-LauncherCard[data-category="Notebook"]').first().waitFor();
    await browser.screenshot(lab, 'launcher');
    expect(await lab.title()).toBe('Climate study');
  });

  it('runs a cell, and the console shows the workspace running', async () => {
    await newNotebook(lab);
    const code = `open('made.txt', 'w').write('by the first cell')\nfirst = 'its variable'\nprint('six times seven is', 6 * 7)`;
    expect(await runLastCell(lab, code)).toContain('six times seven is 42');
    await workspace.is('running');
    await statusItem(lab).getByText('Climate study: Running').waitFor({ timeout: 30_000 });
    expect(await hindrances(lab, '.cb-WorkspaceStatus')).toEqual([]);
    await browser.screenshot(lab, 'first-cell');
    await browser.screenshot(dashboard, 'running');
  });

  it('saves the notebook with its output', async () => {
    await saveFirst(lab);
    const saved = await contents('Untitled.ipynb');
    expect(saved.status).toBe(200);
    expect(saved.text).toContain('six times seven is 42');
  });

  it('has a terminal that works in the same files', async () => {
    await typeInNewTerminal(lab, 'cat made.txt > from-terminal.txt; echo $((40 + 2)) >> from-terminal.txt');
    const hasWritten = async () =>
      (await contents('')).text.includes('from-terminal.txt') &&
      (await contents('from-terminal.txt')).text.includes('42');
    await waitUntil(hasWritten, {
      clock: systemClock,
      deadlineMs: 30_000,
      what: 'the terminal to have written',
    });
    expect((await contents('from-terminal.txt')).text).toContain('by the first cell');
    await browser.screenshot(lab, 'terminal');
  });

  it('keeps a setting: the dark theme is still there after a reload', async () => {
    await chooseFromMenu(lab, 'Settings', 'Theme', 'JupyterLab Dark');
    await lab.locator('body[data-jp-theme-name="JupyterLab Dark"]').waitFor({ state: 'attached' });
    await lab.reload();
    await labReady(lab);
    await lab.locator('body[data-jp-theme-name="JupyterLab Dark"]').waitFor({ state: 'attached' });
    await showTab(lab, 'Untitled.ipynb');
    await lab.locator('.jp-DirListing-item', { hasText: 'made.txt' }).waitFor();
    await browser.screenshot(lab, 'dark-after-reload');
    expect(await hindrances(lab, '.cb-WorkspaceStatus')).toEqual([]);
  });

  it('suspends from the page, and the files can still be read', async () => {
    await workspace.click('Suspend');
    await workspace.is('suspended');
    await statusItem(lab).getByText('Suspended').waitFor({ timeout: 30_000 });
    expect((await contents('made.txt')).text).toContain('by the first cell');
    await browser.screenshot(dashboard, 'suspended');
    await browser.screenshot(lab, 'suspended');
    await workspace.is('suspended');
  });

  it('resumes from the page: the file and the variables are there, and the next cell runs', async () => {
    await workspace.click('Resume');
    await workspace.is('running');
    const both = await runLastCell(lab, `print(open('made.txt').read(), 'and', first)`);
    expect(both).toBe('by the first cell and its variable');
    await browser.screenshot(lab, 'resumed');
  });

  it('wakes by itself when a cell is run while it is suspended', async () => {
    await workspace.click('Suspend');
    await workspace.is('suspended');
    expect(await runLastCell(lab, `print('woken with', first)`)).toBe('woken with its variable');
    await workspace.is('running');
    await browser.screenshot(lab, 'woken');
  });

  it('has shown nothing in red all the while', () => {
    // A stream of events may end at any moment (a drain, a Worker made anew); the page takes it up again.
    const isEndedStream = (problem: string) => /ERR_INCOMPLETE_CHUNKED.*\/v1\/events\)$/.test(problem);
    expect(browser.problems.filter((problem) => !isEndedStream(problem))).toEqual([]);
  });

  it('says that it was memory when a cell takes too much, and the next cell runs', async () => {
    const cell = await startLastCell(lab, `taken = []\nwhile True: taken.append(b'x' * 20_000_000)`);
    const dialog = lab.locator('.jp-Dialog', { hasText: 'The kernel of Untitled.ipynb ended' });
    await dialog.getByText('Out of memory').waitFor({ timeout: 90_000 });
    await browser.screenshot(lab, 'out-of-memory');
    await dialog.getByRole('button', { name: 'Ok' }).click();
    expect(await cell.locator('.jp-OutputArea-output').textContent()).toMatch(/OutOfMemory.*limit of \d/s);
    expect(await runLastCell(lab, `print('taken' in globals())`)).toBe('False');
  });
});

describe('the origin of a second workspace', () => {
  let other: WorkspaceOnPage;
  let attacker: Page;

  beforeAll(async () => {
    other = await createWorkspace(dashboard, 'Other');
    attacker = await other.open();
    await labReady(attacker);
    expect(new URL(attacker.url()).hostname).toBe(`${other.id}.localhost`);
  });

  /** What a script in the second workspace sees of a request that carries all the browser would send. */
  const reach = (url: string, init: { method?: 'POST'; mode?: 'no-cors'; body?: string } = {}) =>
    attacker.evaluate(
      async ([target, options]) => {
        try {
          const response = await fetch(target, { credentials: 'include', ...options });
          return { status: response.status, text: await response.text() };
        } catch (error) {
          return { status: 0, text: String(error) };
        }
      },
      [url, init] as const,
    );
  const firstOrigin = () => new URL(lab.url()).origin;

  it("cannot read the first's files, kernels or settings, nor the console's API", async () => {
    for (const path of ['/api/contents/made.txt', '/api/kernels', '/files/made.txt', '/lab/api/settings']) {
      expect(await reach(firstOrigin() + path), path).toMatchObject({ status: 0 });
    }
    expect(await reach(`${platform().url}/v1/workspaces`)).toMatchObject({ status: 0 });
    expect(await reach(`${platform().url}/w/${workspace.id}/api/contents`)).toMatchObject({ status: 0 });
    // The same script reaches its own, so that it is the border that refuses and not the script.
    expect(await reach(`${new URL(attacker.url()).origin}/api/contents`)).toMatchObject({ status: 200 });
  });

  it('cannot change anything there with a request that needs no leave to be sent', async () => {
    const body = JSON.stringify({ type: 'file', ext: '.txt' });
    const init = { method: 'POST', mode: 'no-cors', body } as const;
    const before = await contents('');
    await reach(`${firstOrigin()}/api/contents`, init);
    await reach(`${platform().url}/w/${workspace.id}/api/contents`, init);
    await reach(`${platform().url}/v1/workspaces/${workspace.id}/suspend`, init);
    const names = (listing: { text: string }) =>
      (JSON.parse(listing.text).content as { name: string }[]).map((entry) => entry.name).sort();
    expect(names(await contents(''))).toEqual(names(before));
    await workspace.is('running');
  });

  it("cannot open the first's sockets", async () => {
    const opened = await attacker.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      `${firstOrigin().replace('http', 'ws')}/api/events/subscribe`,
    );
    expect(opened).toBe('refused');
  });

  it("holds no cookie of the first's, and no script sees any", async () => {
    const cookies = await browser.context.cookies(attacker.url());
    expect(cookies.map((cookie) => cookie.domain)).toEqual(cookies.map(() => `${other.id}.localhost`));
    expect(cookies.every((cookie) => cookie.httpOnly)).toBe(true);
    expect(await attacker.evaluate('document.cookie')).toBe('');
    const firsts = await browser.context.cookies(lab.url());
    for (const { value } of firsts) expect(cookies.map((cookie) => cookie.value)).not.toContain(value);
  });
});
