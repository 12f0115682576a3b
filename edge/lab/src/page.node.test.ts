import { expect, test } from 'vitest';
import { labPage, labPath } from './page.ts';

const assets = { version: '4.6.3-abc', scripts: ['/static/lab/4.6.3-abc/main.1.js'], styles: ['/s.css'] };
const place = { mode: 'multiple-document', layout: 'default', treePath: '' } as const;
const page = (workspaceName: string, treePath = '') =>
  labPage({
    assets,
    place: { ...place, treePath },
    workspaceId: 'ws-1',
    workspaceName,
    consoleUrl: 'http://c/',
  });

function configOf(html: string): Record<string, unknown> {
  const text = /<script id="jupyter-config-data" type="application\/json">(.*?)<\/script>/s.exec(html)?.[1];
  return JSON.parse(text ?? 'no config');
}

test.each([
  ['/lab', 'multiple-document', 'default', ''],
  ['/lab/', 'multiple-document', 'default', ''],
  ['/doc', 'single-document', 'default', ''],
  ['/lab/tree/a/b%20c.ipynb', 'multiple-document', 'default', 'a/b c.ipynb'],
  ['/lab/workspaces/auto-1', 'multiple-document', 'auto-1', ''],
  ['/doc/workspaces/x%2Fy/tree/n.ipynb', 'single-document', 'x/y', 'n.ipynb'],
])('%s opens JupyterLab there', (pathname, mode, layout, treePath) => {
  expect(labPath(pathname)).toEqual({ mode, layout, treePath });
});

test.each([
  '/lab/api/settings',
  '/lab/api',
  '/labx',
  '/lab/extensions/x.js',
  '/',
  '/api/lab',
  '/lab/tree/%zz',
  '/lab/workspaces',
])('%s is not a page of JupyterLab', (pathname) => expect(labPath(pathname)).toBeNull());

test('a name or a path cannot break out of the page', () => {
  const evil = `</script><script>alert(1)</script>"'&<img src=x>`;
  const html = page(evil, evil);
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain('<img');
  expect(configOf(html)).toMatchObject({ cellbookWorkspaceName: evil, treePath: evil });
});

test('every script of the page is a file of the bundle, and none stands in the page itself', () => {
  const scripts = [...page('a').matchAll(/<script([^>]*)>([^<]*)</g)];
  for (const [, attributes, body] of scripts) {
    if (attributes?.includes('application/json')) continue;
    expect(attributes).toMatch(/ src="\/static\/lab\/4\.6\.3-abc\//);
    expect(body).toBe('');
  }
  expect(scripts).toHaveLength(2);
});

test('the config sends everything to the origin of the page', () => {
  const config = configOf(page('a'));
  expect(config).toMatchObject({ baseUrl: '/', appUrl: '/lab', themesUrl: '/static/lab/4.6.3-abc/themes' });
  for (const [key, value] of Object.entries(config)) {
    if (key.endsWith('Url') && key !== 'cellbookConsoleUrl') expect(value, key).toMatch(/^\//);
  }
});
