/** `cellbook login` and `logout`: which platform, and a key for it. */
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { systemClock } from '@cellbook/shared/clock.ts';
import type { Command } from 'commander';
import { callJson } from '../../client/http.ts';
import { createToken, signIn } from '../../client/sign-in.ts';
import { browse } from '../browse.ts';
import type { Cli } from '../cli.ts';
import { beginLogin, pollOf, waitForKey } from '../login/device-login.ts';
import { defaultUrl, forgetSettings, originOf, writeSettings } from '../settings.ts';
import type { Show } from '../show.ts';

interface Options {
  url: string;
  tokenStdin?: boolean;
  developmentAs?: string;
  name: string;
  scope: string[];
  days?: string;
  browser: boolean;
}

export function registerLogin(program: Command, cli: Cli): void {
  program
    .command('login')
    .description('keep a key for a platform on this machine: let in with a browser, here or elsewhere')
    .option('--url <url>', 'the address of the platform', process.env.CELLBOOK_URL || defaultUrl)
    .option('--name <name>', 'what the key is called in your account', `cellbook on ${hostname()}`)
    .option('--scope <scope...>', 'restrict it, such as to `notebooks workspaces:read`', [])
    .option('--days <number>', 'how long it lasts; 90 unless told')
    .option('--no-browser', 'only print the address')
    .option('--token-stdin', 'instead: read a key made in the console from standard input')
    .option('--development-as <email>', 'instead, where anybody may sign in: make a key as this person')
    .action((options: Options) =>
      cli.runAlone(async (show) => {
        const url = originOf(options.url);
        const token = await tokenFor(url, options, show);
        const me = await whoIs(url, token);
        const path = await writeSettings(process.env, { url, token });
        show.result(
          { url, ...me },
          () => `You are logged in at ${url} as ${me.name}. The key is in ${path}.`,
        );
      }),
    );
  program
    .command('logout')
    .description('forget the key on this machine (revoke it in the console)')
    .action(() =>
      cli.runAlone(async (show) => {
        await forgetSettings(process.env);
        show.result(
          { ok: true },
          () => 'The key is forgotten here. Revoke it in the console if others may have it.',
        );
      }),
    );
}

async function tokenFor(url: string, options: Options, show: Show): Promise<string> {
  const { tokenStdin, developmentAs } = options;
  if (tokenStdin) return (await text(process.stdin)).trim();
  if (developmentAs !== undefined) {
    const cookie = await signIn(url, { email: developmentAs, name: developmentAs.split('@')[0] ?? 'You' });
    return (await createToken(url, cookie, { name: 'command line' })).token;
  }
  return letIn(url, options, show);
}

/** With `--json` too, whoever reads along is told where to go, on standard error. */
async function letIn(url: string, { name, scope, days, browser }: Options, show: Show): Promise<string> {
  const begun = await beginLogin(url, { name, scopes: scope, days });
  const { user_code, verification_uri_complete: page } = begun;
  if (show.json) process.stderr.write(`${JSON.stringify({ open: page, code: user_code })}\n`);
  show.note(`Open ${page}\nand allow the login if it shows the code ${user_code}. Waiting…`);
  if (browser && !show.json) browse(page);
  return waitForKey(pollOf(url, begun), systemClock, begun);
}

async function whoIs(url: string, token: string): Promise<{ userId: string; name: string }> {
  const me = await callJson(url, {
    method: 'GET',
    path: '/v1/me',
    headers: { authorization: `Bearer ${token}` },
  });
  const { userId, name } = me as { userId: string; name: string };
  return { userId, name };
}
