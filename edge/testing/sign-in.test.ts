/**
 * Signing in and working in an organisation, as people do it: a real Chromium, the whole edge in workerd as
 * `wrangler dev` runs it, a real OpenID provider. Found by their labels, as a screen reader finds them.
 */
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestProvider, type TestProvider, testClient } from './oidc-provider.ts';
import { freePort, type RunningEdge, startEdge } from './running-edge.ts';

let edge: RunningEdge;
let provider: TestProvider;
let browser: Browser;
const problems: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  const main = `http://localhost:${port}`;
  provider = await startTestProvider('example', main);
  const { issuer } = provider;
  const config = { id: 'example', name: 'Example', issuer, ...testClient, claims: { groups: 'groups' } };
  edge = await startEdge(port, { CELLBOOK_OIDC: JSON.stringify(config), CELLBOOK_SIGN_IN: '' });
  const executablePath = process.env.CELLBOOK_CHROMIUM ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await edge?.stop();
  provider?.stop();
});

/** A browser of its own; what goes wrong on our pages is noted. */
async function newPage(): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => void problems.push(error.message));
  page.on('console', (message) => {
    const isOurs = message.location().url.startsWith(edge.url);
    if (message.type() === 'error' && isOurs) problems.push(message.text());
  });
  return page;
}

async function signIn(page: Page, login: string, at = edge.url): Promise<void> {
  await page.goto(at);
  await page.getByRole('link', { name: 'Sign in with Example' }).click();
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
  await page.locator('button[type=submit]').click();
  await page.waitForURL((url) => url.origin === edge.url);
}

test('people sign in at their provider, share an organisation by a link, and each is offered what he may do', async () => {
  const ada = await newPage();
  await signIn(ada, 'ada');
  await ada.locator('#workspaces[aria-busy="false"]').waitFor({ state: 'attached' });
  expect(await ada.getByRole('link', { name: 'Account of Ada' }).textContent()).toBe('Ada');
  expect(await ada.locator('#region').textContent()).toBe('Europe');

  // By the keyboard alone.
  await ada.getByRole('link', { name: 'Organisation' }).press('Enter');
  await ada.getByRole('button', { name: 'Create organisation', disabled: false }).waitFor();
  await ada.getByLabel('Name of the new organisation').fill('Acme');
  await ada.keyboard.press('Enter');
  await ada.getByRole('heading', { name: 'Acme' }).waitFor();
  await ada.getByLabel('Role of whoever is invited').selectOption('viewer');
  await ada.getByRole('button', { name: 'Create link' }).press('Enter');
  await ada.locator('#invite-new').waitFor();
  const link = await ada.getByLabel('Copy the link now.').inputValue();

  const bob = await newPage();
  await signIn(bob, 'bob', link);
  await bob.getByRole('button', { name: 'Join Acme' }).click();
  await bob.locator('#role-note', { hasText: 'You are a viewer in Acme' }).waitFor();
  const create = bob.getByRole('button', { name: 'Create', exact: true });
  expect(await create.getAttribute('aria-disabled')).toBe('true');
  expect(await create.getAttribute('title')).toContain('viewer in Acme');

  await ada.reload();
  await ada.getByLabel('Role of Bob').selectOption('admin');
  await ada.locator('#announcer', { hasText: 'Bob is Admin now' }).waitFor({ state: 'attached' });
  await ada.getByRole('button', { name: 'Leave Acme' }).waitFor();
  expect(problems).toEqual([]);
}, 90_000);

test('one sees one’s other browser, ends it there, and signing out reaches the provider', async () => {
  const [here, there] = [await newPage(), await newPage()];
  await signIn(here, 'eve');
  await signIn(there, 'eve');
  await here.goto(`${edge.url}/account`);
  const other = here.getByRole('button', { name: /^Sign out Chrome on Linux/ });
  await other.click();
  await here.getByRole('button', { name: /^Really sign out Chrome/ }).press('Enter');
  await here.locator('#announcer', { hasText: 'Signed out Chrome' }).waitFor({ state: 'attached' });
  await there.goto(`${edge.url}/account`);
  expect(new URL(there.url()).pathname).toBe('/signin');

  await here.getByRole('button', { name: 'Sign out', exact: true }).click();
  await here.waitForURL((url) => url.origin === provider.issuer);
  await here.getByRole('button', { name: /yes/i }).click();
  await here.waitForURL(`${edge.url}/signin`);
  await here.getByRole('link', { name: 'Sign in with Example' }).click();
  await here.locator('input[name=login]').waitFor();
}, 90_000);
