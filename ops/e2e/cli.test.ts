/** The command line as its user has it: the program itself, against a whole platform. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hindrances } from '../test/axe.ts';
import { openBrowser } from './browser.ts';
import { beginLogin, openLogin } from './login-in-browser.ts';
import { useTestPlatform } from './test-platform.ts';

const platform = useTestPlatform();
const home = mkdtempSync(join(tmpdir(), 'cellbook-cli-e2e-'));
const program = join(import.meta.dirname, '../cli/cellbook.mjs');
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function cellbook(words: string[], input = '') {
  const env = { PATH: process.env.PATH, HOME: home, CELLBOOK_URL: platform().url };
  const child = spawn(process.execPath, [program, ...words], { env });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code: Number(code) };
}
async function json(words: string[]): Promise<unknown> {
  const { out, err, code } = await cellbook([...words, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

const notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'python3', language: 'python', display_name: 'Python 3' } },
  cells: [
    {
      cell_type: 'code',
      id: 'a',
      metadata: { tags: ['parameters'] },
      source: 'alpha = 1\nwho = "nobody"',
      outputs: [],
      execution_count: null,
    },
    { cell_type: 'markdown', id: 'b', metadata: {}, source: '# Result' },
    {
      cell_type: 'code',
      id: 'c',
      metadata: {},
      source: 'print("alpha is", alpha)\nalpha * 2',
      outputs: [],
      execution_count: null,
    },
    {
      cell_type: 'code',
      id: 'd',
      metadata: {},
      source: 'assert who != "nobody", who',
      outputs: [],
      execution_count: null,
    },
    {
      cell_type: 'code',
      id: 'e',
      metadata: {},
      source: 'open("done", "w").write(who)',
      outputs: [],
      execution_count: null,
    },
  ],
};
const cellsOf = (path: string) =>
  z
    .object({
      cells: z.array(
        z.looseObject({ outputs: z.array(z.looseObject({ output_type: z.string() })).optional() }),
      ),
    })
    .parse(JSON.parse(readFileSync(path, 'utf8'))).cells;

describe('cellbook', () => {
  it('logs in, and makes, lists and names workspaces', async () => {
    expect(await json(['login', '--development-as', 'cli@cellbook.test'])).toMatchObject({
      url: platform().url,
    });
    expect(await json(['ws', 'create', 'first'])).toMatchObject({ name: 'first', phase: 'suspended' });
    expect(await json(['ws', 'ls'])).toMatchObject([{ name: 'first' }]);
    expect((await cellbook(['ws', 'ls'])).out).toMatch(/^ID +NAME +PHASE .*\nws-\w+ +first +suspended/);
    const { url } = z.object({ url: z.string() }).parse(await json(['ws', 'open', 'first', '--print']));
    expect(url).toMatch(/\/open\/ws-/);
    expect((await cellbook(['complete', '--', 'ws', 'resume', 'fi'])).out).toBe('first\n');
  });

  it('runs code, gives its output as it is, and its failure as a code of its own', async () => {
    const ran = await cellbook(
      ['exec', 'first', '-f', '-'],
      'import sys\nprint("out")\nprint("err", file=sys.stderr)\n6 * 7\n',
    );
    expect(ran).toEqual({ out: 'out\n42\n', err: 'err\n', code: 0 });
    const failed = await cellbook(['exec', 'first', '1 / 0', '--json']);
    expect(failed.code).toBe(3);
    expect(JSON.parse(failed.out)).toMatchObject({ status: 'error', error: { ename: 'ZeroDivisionError' } });
  });

  it('runs a notebook with parameters; outputs are written back, and the original stays', async () => {
    const [local, result] = [join(home, 'report.ipynb'), join(home, 'result.ipynb')];
    writeFileSync(local, JSON.stringify(notebook));
    const words = [
      'run',
      local,
      '--upload',
      '-w',
      'first',
      '-p',
      'alpha',
      '21',
      '-r',
      'who',
      'ada',
      '-o',
      'out.ipynb',
    ];
    expect(await json([...words, '--download', result])).toMatchObject({
      ok: true,
      path: 'out.ipynb',
      executed: 5,
    });
    const cells = cellsOf(result);
    expect(cells[1]).toMatchObject({
      metadata: { tags: ['injected-parameters'] },
      source: '# Parameters\nalpha = 21\nwho = "ada"\n',
    });
    expect(cells[3]?.outputs).toMatchObject([
      { output_type: 'stream', text: ['alpha is 21\n'] },
      { output_type: 'execute_result', data: { 'text/plain': '42' } },
    ]);
    expect((await cellbook(['exec', 'first', 'print(open("done").read(), end="")'])).out).toBe('ada');
  });

  it('stops at the cell that fails, says which, and has written what ran', async () => {
    const result = join(home, 'failed.ipynb');
    const failed = await cellbook([
      'run',
      'out.ipynb',
      '-w',
      'first',
      '-p',
      'who',
      'nobody',
      '--download',
      result,
    ]);
    expect(failed.code).toBe(3);
    expect(failed.out).toContain('cell 5 failed: AssertionError: nobody');
    const cells = cellsOf(result);
    expect(cells[4]?.outputs?.[0]).toMatchObject({ output_type: 'error', ename: 'AssertionError' });
    expect(cells[5]).toMatchObject({ outputs: [], execution_count: null });
  });

  it('lists what a file was, compares it cell by cell, and brings it back', async () => {
    const versions = z
      .array(z.object({ id: z.string() }))
      .parse(await json(['versions', 'ls', 'first', 'out.ipynb']));
    const [newest, oldest] = [versions.at(0)?.id ?? '', versions.at(-1)?.id ?? ''];
    expect(versions.length).toBeGreaterThan(5);
    const diff = await cellbook(['versions', 'diff', 'first', 'out.ipynb', oldest, newest]);
    expect(diff.out).toContain('+who = "nobody"');
    expect(diff.out).toContain('its outputs differ');
    expect(await json(['versions', 'restore', 'first', 'out.ipynb', oldest])).toHaveProperty('id');
    const [then, now] = [oldest, 'current'].map((version) => [
      'versions',
      'diff',
      'first',
      'out.ipynb',
      oldest,
      version,
    ]);
    expect((await cellbook(then ?? [])).out).toBe('no difference\n');
    expect((await cellbook(now ?? [])).out).toBe('no difference\n');
    const bytes = await cellbook(['versions', 'get', 'first', 'out.ipynb', oldest]);
    expect(JSON.parse(bytes.out)).toMatchObject({ nbformat: 4 });
  });

  it('keeps a secret that kernels have and no answer shows, and says who did what', async () => {
    expect((await cellbook(['secrets', 'set', 'API_KEY'], 'the value 123\n')).code).toBe(0);
    expect(JSON.stringify(await json(['secrets', 'ls']))).not.toContain('123');
    const seen = await cellbook(['exec', 'first', 'import os; print(os.environ["API_KEY"])']);
    expect(seen.out).toBe('the value 123\n');
    await json(['secrets', 'rm', 'API_KEY']);
    const events = z
      .array(z.object({ what: z.string() }))
      .parse(await json(['audit', 'ls', '--limit', '200']));
    const what = new Set(events.map((event) => event.what));
    for (const action of ['workspace.create', 'secret.put', 'version.restore', 'session.start'])
      expect(what, [...what].join(' ')).toContain(action);
    const exported = (await cellbook(['audit', 'export', '--action', 'workspace.create'])).out
      .trim()
      .split('\n');
    expect(JSON.parse(exported[0] ?? '')).toMatchObject({ event: { what: 'workspace.create' } });
  });

  it('suspends, resumes, deletes and brings back', async () => {
    expect(await json(['ws', 'suspend', 'first'])).toMatchObject({ phase: 'suspended' });
    expect(await json(['ws', 'resume', 'first'])).toMatchObject({ phase: 'running' });
    expect(await json(['ws', 'rm', 'first'])).toMatchObject({ desired: 'deleted' });
    expect(await json(['ws', 'ls'])).toEqual([]);
    await expect
      .poll(async () => (await cellbook(['ws', 'restore', 'first'])).code, { timeout: 60_000 })
      .toBe(0);
    expect(await json(['ws', 'ls'])).toMatchObject([{ name: 'first' }]);
  });
});

describe('cellbook login', () => {
  it('is let in, or refused, by a person in a browser, who sees which key will be made', async () => {
    const elsewhere = join(home, 'elsewhere');
    const env = { PATH: process.env.PATH, HOME: elsewhere, CELLBOOK_URL: platform().url };
    const browser = await openBrowser('cli-login');
    try {
      const page = await browser.context.newPage();
      const scopes = ['--scope', 'workspaces', 'notebooks', '--days', '7'];
      const allowed = await beginLogin(program, ['--name', 'the box', ...scopes], env);
      await openLogin(page, allowed);
      await browser.screenshot(page, 'confirm');
      expect(await hindrances(page)).toEqual([]);
      const shown = await page.getByRole('main').textContent();
      for (const part of [allowed.code, 'the box', 'Ada', 'run code']) expect(shown).toContain(part);
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByRole('heading', { name: 'Go back to your terminal' }).waitFor();

      const refused = await beginLogin(program, ['--name', 'another'], {
        ...env,
        HOME: join(home, 'nowhere'),
      });
      await openLogin(page, refused);
      await page.getByRole('button', { name: 'Refuse' }).click();
      await page.getByRole('heading', { name: 'Refused' }).waitFor();

      const [in_, out] = [await allowed.ended, await refused.ended];
      expect(in_.code, in_.err).toBe(0);
      expect(JSON.parse(in_.out)).toMatchObject({ url: platform().url, name: 'Ada' });
      expect(out).toMatchObject({ code: 1, out: '' });
      expect(JSON.parse(out.err)).toMatchObject({ code: 'forbidden' });
      expect(browser.problems).toEqual([]);
    } finally {
      await browser.close();
    }
    const child = spawn(process.execPath, [program, 'ws', 'ls', '--json'], { env });
    expect(JSON.parse(await text(child.stdout))).toEqual([]);
  });
});
