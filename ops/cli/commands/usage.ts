/** `cellbook usage`: what was used, by workspace, user, team or organisation. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type UsageQuery, usageQuerySchema } from '@cellbook/shared/protocol/usage-api.ts';
import { type Command, Option } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { table } from '../show.ts';
import { usageCsv, usageHeadings, usageRows } from '../usage-rows.ts';

interface Asked extends Pick<UsageQuery, 'by' | 'group' | 'of'> {
  since?: string;
  until?: string;
  csv?: boolean;
}

const { by, group, of } = usageQuerySchema.shape;

export function registerUsage(program: Command, cli: Cli): void {
  program
    .command('usage')
    .description('what was used: sandboxes, what is kept of their memory, files, and the way out')
    .option('--since <time>', 'a day or a whole hour of UTC (absent: since the first of this month)')
    .option('--until <time>', 'up to this day or hour (absent: up to now)')
    .addOption(oneOf('--by <step>', 'in steps', by.unwrap().options, 'total'))
    .addOption(oneOf('--group <group>', 'counted together', group.unwrap().options, 'workspace'))
    .addOption(oneOf('--of <whom>', 'whose; others’ as an admin or operator', of.unwrap().options, 'me'))
    .option('--csv', 'every number as it was counted, for a spreadsheet')
    .action(({ since, until, csv, ...asked }: Asked) =>
      cli.run(async ({ api }, show) => {
        const from = since === undefined ? startOfMonth() : timeOf(since);
        const query = { ...asked, from, ...(until !== undefined && { to: timeOf(until) }) };
        const { metered } = await answer(api.GET('/v1/usage', { params: { query } }));
        if (!metered) throw notTold();
        show.result(metered, () =>
          csv ? usageCsv(metered) : table(usageHeadings(metered), usageRows(metered)),
        );
        if (metered.missing.length > 0) {
          show.note(`not complete: ${metered.missing.join(', ')} did not answer`);
          process.exitCode = 1;
        }
      }),
    );
}

const oneOf = (flags: string, what: string, choices: readonly string[], usual: string): Option =>
  new Option(flags, what).choices(choices).default(usual);

function startOfMonth(): string {
  const now = new Date(systemClock.nowMs());
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth())).toISOString();
}

/** A day is its first hour; of UTC, like every step. */
function timeOf(text: string): string {
  const given = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  const ms = Date.parse(given);
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new CellbookError('bad_request', {
    doing: 'reading what was used',
    problem: `"${text}" is no time`,
    next: 'Give a day, such as 2026-03-01, or an hour, such as 2026-03-01T08:00:00Z.',
  });
}

const notTold = (): CellbookError =>
  new CellbookError('internal', {
    doing: 'reading what was used',
    problem: 'the platform did not tell; it may be older than this command',
  });
