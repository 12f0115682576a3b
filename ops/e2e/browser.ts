/**
 * A person's browser: a real Chromium with an empty profile. It notes what a developer would see in red
 * (console errors, uncaught exceptions, failed answers) and keeps screenshots where they can be looked at.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Request } from 'playwright-core';

export interface Browser {
  context: BrowserContext;
  /** Everything that went wrong in any tab, oldest first. */
  problems: string[];
  /** Requests that have no answer yet, for whoever looks at a failure. */
  pending(): string[];
  /** `01-name.png`, in the order they are taken. */
  screenshot(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
}

const quiet = ['quic', 'background-networking', 'component-update', 'sync'].map((one) => `--disable-${one}`);

/** Screenshots lie in `$CELLBOOK_ARTIFACTS` (a folder in /tmp unless set), under `folder`. */
export async function openBrowser(folder: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'cellbook-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CELLBOOK_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1360, height: 850 },
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet],
  });
  const pictures = join(process.env.CELLBOOK_ARTIFACTS ?? join(tmpdir(), 'cellbook-artifacts'), folder);
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  let taken = 0;
  return {
    context,
    problems: notedProblems(context),
    pending: pendingRequests(context),
    async screenshot(page, name) {
      const number = String(++taken).padStart(2, '0');
      await page.screenshot({ path: join(pictures, `${number}-${name}.png`) });
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

function notedProblems(context: BrowserContext): string[] {
  const problems: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => void problems.push(`uncaught: ${error.error().message}`));
  context.on('response', (response) => {
    if (response.status() < 400) return;
    problems.push(`${response.status()}: ${response.request().method()} ${response.url()}`);
  });
  return problems;
}

function pendingRequests(context: BrowserContext): () => string[] {
  const open = new Set<Request>();
  context.on('request', (request) => void open.add(request));
  context.on('requestfinished', (request) => void open.delete(request));
  context.on('requestfailed', (request) => void open.delete(request));
  return () => [...open].map((request) => `${request.method()} ${request.url()}`);
}
