import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inNamespacesOfItsOwn } from './namespaces.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cellbook-namespaces-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a build killed at work leaves neither its mounts nor its children', async () => {
  const mark = join(directory, 'mounted');
  const script = 'mount -t tmpfs none "$0" && touch "$1"; while :; do sleep 1; done';
  const tree = mkdtempSync(join(directory, 'tree-'));
  const [program = '', ...args] = inNamespacesOfItsOwn(['sh', '-c', script, tree, mark]);
  const child = spawn(program, args, { stdio: 'ignore' });
  await vi.waitFor(() => expect(existsSync(mark)).toBe(true), { timeout: 10_000 });
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(tree);
  rmSync(tree, { recursive: true });
  await vi.waitFor(() => expect(processesNaming(tree)).toEqual([]), { timeout: 10_000 });
});

/** Command lines of running processes that name `text`. */
function processesNaming(text: string): string[] {
  const commandLines = readdirSync('/proc').flatMap((entry) => {
    try {
      return /^\d+$/.test(entry) ? [readFileSync(`/proc/${entry}/cmdline`, 'utf8')] : [];
    } catch {
      return [];
    }
  });
  return commandLines.filter((line) => line.includes(text));
}

test('says how the program ended', async () => {
  const [program = '', ...args] = inNamespacesOfItsOwn(['sh', '-c', 'exit 7']);
  const [code] = await once(spawn(program, args, { stdio: 'ignore' }), 'close');
  expect(code).toBe(7);
});
