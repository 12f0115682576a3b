/** `cellbook login` and `logout`: which platform, and a key for it. */
import { text } from 'node:stream/consumers';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Command } from 'commander';
import { callJson } from '../../client/http.ts';
import { createToken, signIn } from '../../client/sign-in.ts';
import type { Cli } from '../cli.ts';
import { defaultUrl, forgetSettings, writeSettings } from '../settings.ts';

interface Options {
  url: string;
  tokenStdin?: boolean;
  developmentAs?: string;
}

export function registerLogin(program: Command, cli: Cli): void {
  program
    .command('login')
    .description('keep a key for a platform on this machine')
    .option('--url <url>', 'the address of the platform', process.env.CELLBOOK_URL || defaultUrl)
    .option('--token-stdin', 'read a key made in the console from standard input')
    .option('--development-as <email>', 'where anybody may sign in: make a key as this person')
    .action((options: Options) =>
      cli.runAlone(async (show) => {
        const url = new URL(options.url).origin;
        const token = await tokenFor(url, options);
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

async function tokenFor(url: string, { tokenStdin, developmentAs }: Options): Promise<string> {
  if (tokenStdin) return (await text(process.stdin)).trim();
  if (developmentAs !== undefined) {
    const cookie = await signIn(url, { email: developmentAs, name: developmentAs.split('@')[0] ?? 'You' });
    return (await createToken(url, cookie, { name: 'command line' })).token;
  }
  throw new CellbookError('bad_request', {
    doing: 'logging in',
    problem: 'there is no key to keep',
    next: `Make one at ${url}/ under "Access tokens", and pass it: \`cellbook login --url ${url} --token-stdin\`.`,
  });
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
