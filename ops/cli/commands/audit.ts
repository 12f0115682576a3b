/** `cellbook audit …`: who did what, at the edge and in a cell. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type AuditAction, auditActionSchema } from '@cellbook/shared/protocol/audit-actions.ts';
import type { Command } from 'commander';
import { answer, refusalOf } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { table } from '../show.ts';

interface Filters {
  edge?: boolean;
  since?: string;
  until?: string;
  action?: string;
  limit: string;
}

export function registerAudit(program: Command, cli: Cli): void {
  const audit = program
    .command('audit')
    .description('who did what: your own, or as an admin your organisation’s');
  filtered(audit.command('ls').description('newest first')).action((filters: Filters) =>
    cli.run(async ({ api }, show) => {
      const query = { ...queryOf(filters), limit: Number(filters.limit) };
      const params = { query };
      const page = await answer(
        filters.edge ? api.GET('/v1/edge-audit', { params }) : api.GET('/v1/audit', { params }),
      );
      const rows = page.events.map(({ at, who, what, which, result }) => [
        at,
        who.id || who.kind,
        what,
        [which.kind, which.id].filter(Boolean).join(' '),
        result.code ?? result.outcome,
      ]);
      show.result(page.events, () => table(['at', 'who', 'what', 'which', 'result'], rows));
    }),
  );
  filtered(audit.command('export').description('everything as JSON lines, oldest first, for a SIEM'))
    .option('--format <format>', '`cellbook`, or `ecs` (Elastic Common Schema)', 'cellbook')
    .action((filters: Filters & { format: string }) =>
      cli.run(async ({ settings }) => {
        const query = new URLSearchParams({ ...queryOf(filters), format: filters.format });
        const path = filters.edge ? '/v1/edge-audit/export' : '/v1/audit/export';
        await streamLines(`${settings.url}${path}?${query}`, settings.token);
      }),
    );
}

const filtered = (command: Command): Command =>
  command
    .option('--edge', "the edge's own record: sign-ins, keys, members; otherwise your cell's")
    .option('--since <time>', 'from this time on (ISO 8601)')
    .option('--until <time>', 'up to this time')
    .option('--action <action>', 'only this one, such as workspace.create')
    .option('--limit <number>', 'at most so many', '50');

const queryOf = ({ since, until, action }: Filters) => ({
  ...(since !== undefined && { since }),
  ...(until !== undefined && { until }),
  ...(action !== undefined && { action: actionOf(action) }),
});

function actionOf(text: string): AuditAction {
  const action = auditActionSchema.safeParse(text);
  if (action.success) return action.data;
  throw new CellbookError('bad_request', {
    doing: 'reading the audit log',
    problem: `"${text}" is no action`,
    next: `One of: ${auditActionSchema.options.join(', ')}.`,
  });
}

async function streamLines(url: string, token: string): Promise<void> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok || !response.body) throw refusalOf(await response.json().catch(() => null), response);
  await pipeline(Readable.fromWeb(response.body), process.stdout, { end: false });
}
