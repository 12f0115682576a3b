/**
 * Which platform the command line talks to, and as whom. `CELLBOOK_URL` and `CELLBOOK_TOKEN` win over what
 * `cellbook login` has kept in `$XDG_CONFIG_HOME/cellbook/config.json` (readable by its owner alone, since a
 * token in it is as good as its owner).
 */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';

const addressSchema = z.url({ protocol: /^https?$/ });
const settingsSchema = z.object({ url: addressSchema, token: z.string().min(1) });
export type Settings = z.infer<typeof settingsSchema>;

export const defaultUrl = 'http://localhost:8787';

/** The platform's origin. Throws `bad_request` for what is no address, such as `localhost:8787`. */
export function originOf(url: string): string {
  if (addressSchema.safeParse(url).success) return new URL(url).origin;
  throw new CellbookError('bad_request', {
    doing: 'finding the platform',
    problem: `"${url}" is no address`,
    next: `Write it with http:// or https://, such as ${defaultUrl} (--url of login, or CELLBOOK_URL).`,
  });
}

export function settingsFile(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return join(base, 'cellbook', 'config.json');
}

/** Throws `unauthenticated` when nobody has logged in, and `bad_request` when file or address cannot be used. */
export async function readSettings(env: NodeJS.ProcessEnv): Promise<Settings> {
  const kept = await readKept(settingsFile(env));
  const url = originOf(env.CELLBOOK_URL || kept?.url || defaultUrl);
  // A token belongs to the platform it was made on: it is never sent to another one.
  const isKeptPlatform = kept !== null && url === originOf(kept.url);
  const token = env.CELLBOOK_TOKEN || (isKeptPlatform ? kept.token : '');
  if (token === '') {
    throw new CellbookError('unauthenticated', {
      doing: `talking to ${url}`,
      problem: 'you are not logged in there',
      next: `Run \`cellbook login --url ${url}\`, or set CELLBOOK_TOKEN.`,
    });
  }
  return { url, token };
}

export async function writeSettings(env: NodeJS.ProcessEnv, settings: Settings): Promise<string> {
  const path = settingsFile(env);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, `${JSON.stringify(settingsSchema.parse(settings), null, 2)}\n`, { mode: 0o600 });
  await chmod(partial, 0o600);
  await rename(partial, path);
  return path;
}

export async function forgetSettings(env: NodeJS.ProcessEnv): Promise<void> {
  await rm(settingsFile(env), { force: true });
}

async function readKept(path: string): Promise<Settings | null> {
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return null;
    throw thrown;
  });
  if (text === null) return null;
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CellbookError('bad_request', {
      doing: `reading ${path}`,
      problem: 'it is not a file of `cellbook login`',
      next: 'Remove it, and log in again.',
      cause,
    });
  }
}
