/** In a real Chromium, since what counts is what a browser says of a click on what has just moved or changed. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

const markup = `<button id="power">Suspend</button>
<ul><li style="height: 30px"><button>Delete a</button></li><li style="height: 30px"><button>Delete b</button></li></ul>
<script type="module">
import { ignoreSecondClicks } from '/second-click.js';
ignoreSecondClicks(document);
for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', () => {
    document.title += button.textContent + ';';
    if (button.id) button.textContent = 'Resume';
    else button.parentElement.remove();
  });
}
document.body.dataset.ready = '';
</script>`;

const server = createServer(async (request, response) => {
  const isScript = request.url === '/second-click.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? await readFile(new URL('../web/second-click.js', import.meta.url)) : markup);
});
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const executablePath = process.env.CELLBOOK_CHROMIUM ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.locator('[data-ready]').waitFor();
});
afterAll(async () => {
  await browser?.close();
  server.close();
});

const done = async (): Promise<string> => {
  const title = await page.title();
  await page.evaluate(() => {
    document.title = '';
  });
  return title;
};

test('a double click on Suspend does not resume', async () => {
  await page.locator('#power').dblclick();
  expect(await done()).toBe('Suspend;');
});

test('a double click on Delete leaves alone the row that has moved up under the pointer', async () => {
  await page.getByRole('button', { name: 'Delete a' }).dblclick();
  expect(await done()).toBe('Delete a;');
  expect(await page.getByRole('button', { name: 'Delete b' }).count()).toBe(1);
});

test('the keyboard’s clicks all count', async () => {
  await page.locator('#power').press('Enter');
  await page.locator('#power').press('Enter');
  expect(await done()).toBe('Resume;Resume;');
});
