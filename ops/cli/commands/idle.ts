/** `cellbook idle`: how long your workspaces may be unused, where they have no idle time of their own. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { IdleUsual } from '@cellbook/shared/protocol/idle-api.ts';
import type { Command } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';

const path = '/v1/settings/idle';

export function registerIdle(program: Command, cli: Cli): void {
  program
    .command('idle [minutes]')
    .description(
      'after how many minutes unused your workspaces are suspended, but those with a time of their own; ' +
        '`never` where your organisation allows that, `usual` for what it gives',
    )
    .action((minutes: string | undefined) =>
      cli.run(async ({ api }, show) => {
        const seconds = minutes === undefined ? undefined : idleSecondsOf(minutes);
        const found = await answer(
          seconds === undefined
            ? api.GET(path)
            : seconds === 'usual'
              ? api.DELETE(path)
              : api.PUT(path, { body: { idleSuspendSeconds: seconds } }),
        );
        show.result(found, () => showIdle(found));
      }),
    );
}

export function showIdle({ idleSuspendSeconds, isChosen, secondsMax }: IdleUsual): string {
  const when = idleSuspendSeconds === null ? 'never' : `after ${idleSuspendSeconds / 60} minutes unused`;
  const by = isChosen ? 'as you have chosen' : 'as your organisation has it, or your tier';
  const most = secondsMax === null ? [] : [`Your organisation allows at most ${secondsMax / 60} minutes.`];
  return [`Workspaces without an idle time of their own are suspended ${when}, ${by}.`, ...most].join('\n');
}

/** Null for `never`, which what is no number must not become (JSON would make that of it): `bad_request` is thrown. */
export function idleSecondsOf(minutes: string): number | null | 'usual' {
  if (minutes === 'never') return null;
  if (minutes === 'usual') return minutes;
  const number = minutes.trim() === '' ? Number.NaN : Number(minutes);
  if (Number.isFinite(number)) return Math.round(number * 60);
  throw new CellbookError('bad_request', {
    doing: 'reading how long it may be idle',
    problem: `"${minutes}" is no number of minutes`,
    next: 'Give minutes, such as 30, or `never`, or `usual`.',
  });
}
