/** `cellbook login` as its user has it: the program waits, and he answers in a browser. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { z } from 'zod';

const toldSchema = z.object({ open: z.url(), code: z.string() });

export interface WaitingLogin {
  open: string;
  code: string;
  ended: Promise<{ code: number; out: string; err: string }>;
}

/** Resolves when it has said where to go. `program`: cellbook.mjs. */
export async function beginLogin(
  program: string,
  words: string[],
  env: NodeJS.ProcessEnv,
): Promise<WaitingLogin> {
  const child = spawn(process.execPath, [program, 'login', '--json', ...words], { env });
  child.stdin.end();
  const lines: string[] = [];
  const errors = createInterface(child.stderr);
  errors.on('line', (line) => void lines.push(line));
  const ended = Promise.all([text(child.stdout), once(child, 'exit'), once(errors, 'close')]).then(
    ([out, [code]]) => ({ out, code: Number(code), err: lines.at(-1) ?? '' }),
  );
  await Promise.race([once(errors, 'line'), ended]);
  return { ...toldSchema.parse(JSON.parse(lines[0] ?? 'null')), ended };
}

/** Signs in on the way, where the page asks for it. */
export async function openLogin(page: Page, { open }: WaitingLogin): Promise<void> {
  await page.goto(open);
  const name = page.getByLabel('Name');
  if ((await name.count()) > 0) {
    await name.fill('Ada');
    await page.getByLabel('E-mail').fill('browser-login@cellbook.test');
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  await page.getByRole('heading', { name: /^Let “/ }).waitFor();
}
