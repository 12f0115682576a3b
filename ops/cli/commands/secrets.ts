/** `cellbook secrets …`: names and values that kernels find in their environment. A value is never an argument: arguments are seen by all of a machine. */
import { text } from 'node:stream/consumers';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Command } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { table } from '../show.ts';

interface Options {
  org?: boolean;
}

const orgOption = ['--org', "the organisation's, for all its members"] as const;

export function registerSecrets(program: Command, cli: Cli): void {
  const secrets = program
    .command('secrets')
    .description('environment variables of your kernels that are kept secret');
  secrets
    .command('ls')
    .description('their names; a value is never shown')
    .option(...orgOption)
    .action(({ org }: Options) =>
      cli.run(async ({ api }, show) => {
        const listed = await answer(org ? api.GET('/v1/org/secrets') : api.GET('/v1/secrets'));
        const rows = listed.secrets.map(({ name, updatedAt }) => [name, updatedAt]);
        show.result(listed.secrets, () => table(['name', 'updated'], rows));
      }),
    );
  secrets
    .command('set <name>')
    .description('keep a value, read from standard input (one line end at its end is left out)')
    .option(...orgOption)
    .action((name: string, { org }: Options) =>
      cli.run(async ({ api }, show) => {
        if (process.stdin.isTTY) show.note('Type the value, then Enter and Ctrl-D.');
        const value = (await text(process.stdin)).replace(/\r?\n$/, '');
        if (value === '') throw empty(name);
        const asked = { params: { path: { name } }, body: { value } };
        await answer(org ? api.PUT('/v1/org/secrets/{name}', asked) : api.PUT('/v1/secrets/{name}', asked));
        show.result({ name }, () => `${name} is kept. Kernels and terminals started from now on have it.`);
      }),
    );
  secrets
    .command('rm <name>')
    .description('forget one')
    .option(...orgOption)
    .action((name: string, { org }: Options) =>
      cli.run(async ({ api }, show) => {
        const asked = { params: { path: { name } } };
        await answer(
          org ? api.DELETE('/v1/org/secrets/{name}', asked) : api.DELETE('/v1/secrets/{name}', asked),
        );
        show.result({ name }, () => `${name} is forgotten. Kernels that run still have it.`);
      }),
    );
}

const empty = (name: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: `keeping ${name}`,
    problem: 'there was nothing on standard input',
    next: `For example: cellbook secrets set ${name} < file`,
  });
