/**
 * Signing in and working in an organisation, as people do it: a real Chromium, the whole edge in workerd as
 * `wrangler dev` runs it, a real OpenID provider. Found by their labels, as a screen reader finds them.
 */
import { freePort } from '@cellbook/shared/ports.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hindrances } from '../../ops/test/axe.ts';
import { byTab } from './by-keyboard.ts';
import { startTestProvider, type TestProvider, testClient } from './oidc-provider.ts';
import { type RunningEdge, startEdge } from './running-edge.ts';
import { inEveryPhase, running, used, waiting } from './sample-answers.ts';

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
  edge = await startEdge(port, {
    CELLBOOK_OIDC: JSON.stringify(config),
    CELLBOOK_SIGN_IN: 'development,oidc',
  });
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
    const { url } = message.location();
    // A stream of events may end at any moment (workerd made anew); the page takes it up again.
    const isOurs = url.startsWith(edge.url) && !url.endsWith('/v1/events');
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

/** By the form that asks for no proof, as it is there for development: the field for the name has the focus. */
async function signInByKeyboard(page: Page, name: string): Promise<void> {
  await page.goto(`${edge.url}/signin`);
  await page.getByLabel('Name').and(page.locator(':focus')).waitFor();
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(`${name}@cellbook.test`);
  await page.keyboard.press('Enter');
  await page.locator('#workspaces[aria-busy="false"]').waitFor({ state: 'attached' });
}

/** Pages that hinder nobody; each is looked at once it shows what it has. */
async function lookAt(page: Page, path: string, shows: string): Promise<void> {
  await page.goto(edge.url + path);
  await page.locator(shows).first().waitFor();
  expect(await hindrances(page)).toEqual([]);
}

/** Everything on it is reached by Tab, in order, and shows that it has the focus. */
async function tabThrough(page: Page): Promise<void> {
  const { there, reached, unseen } = await byTab(page);
  expect(reached).toEqual(there);
  expect(unseen).toEqual([]);
}

test('every page can be read in light and in dark, and used without a pointer', async () => {
  const page = await newPage();
  await lookAt(page, '/signin', 'h1');
  await tabThrough(page);
  await signInByKeyboard(page, 'ida');
  edge.answers.set('GET /v1/workspaces', { workspaces: inEveryPhase, nextCursor: null });
  edge.answers.set(`GET /v1/workspaces/${waiting.id}`, { ...waiting, queue: { position: 3, of: 40 } });
  edge.answers.set('GET /v1/usage', used);
  await lookAt(page, '/', 'text=number 3 of 40 that wait to start');
  await tabThrough(page);
  await lookAt(page, '/account', '#sessions li');
  await lookAt(page, '/usage', '#usage-rows tr');
  await tabThrough(page);
  await lookAt(page, '/organisation', '#personal:not([hidden])');
  expect(problems).toEqual([]);
  await lookAt(page, '/nowhere', 'text=there is no such page');
  await page.getByRole('link', { name: 'Your workspaces' }).press('Enter');
  await page.waitForURL(`${edge.url}/`);
  // The browser's own word for that page.
  problems.length = 0;
}, 90_000);

test('a workspace is suspended, renamed, deleted and brought back, and a token made, by keyboard', async () => {
  const page = await newPage();
  edge.answers.set('GET /v1/workspaces', { workspaces: [running], nextCursor: null });
  await signInByKeyboard(page, 'joe');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const path = `/v1/workspaces/${running.id}`;
  const suspended = { ...running, generation: 2, desired: 'suspended', phase: 'suspended' };
  edge.answers.set(`POST ${path}/suspend`, suspended);
  await button('Suspend Analysis').press('Enter');
  await button('Resume Analysis').waitFor();

  edge.answers.set(`PATCH ${path}`, { ...suspended, generation: 3, name: 'Climate' });
  await button('Rename Analysis').press('Enter');
  await page.getByLabel('New name').press('Escape');
  await button('Rename Analysis').press('Enter');
  await page.keyboard.type('Climate');
  await page.keyboard.press('Enter');
  await button('Rename Climate').waitFor();

  const undoUntil = '2126-11-27T08:00:00.000Z';
  const gone = {
    ...suspended,
    generation: 4,
    name: 'Climate',
    desired: 'deleted',
    phase: 'deleted',
    undoUntil,
  };
  edge.answers.set(`DELETE ${path}`, gone);
  await button('Delete Climate').press('Enter');
  await page.getByLabel('Name of the new workspace').and(page.locator(':focus')).waitFor();
  edge.answers.set(`POST ${path}/undelete`, { ...suspended, generation: 5, name: 'Climate' });
  await button('Undo').press('Enter');
  await page.getByRole('link', { name: 'Open Climate' }).and(page.locator(':focus')).waitFor();

  await button('Tokens').press('Enter');
  await page.getByLabel('What the token is for').fill('laptop');
  await page.keyboard.press('Enter');
  await page.getByLabel('Copy it now.').waitFor();
  expect(await hindrances(page, '#tokens')).toEqual([]);
  await page.keyboard.press('Escape');
  await button('Tokens').and(page.locator(':focus')).waitFor();
  expect(problems).toEqual([]);
}, 90_000);
