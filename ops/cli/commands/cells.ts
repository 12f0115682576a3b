/** `cellbook cells` and `cellbook pins …`: for operators. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { table } from '../show.ts';

const pinsProgram = join(import.meta.dirname, '../../pins/main.ts');

export function registerCells(program: Command, cli: Cli): void {
  program
    .command('cells')
    .description('the cells, their share of new users, and whether they can serve (operators)')
    .action(() =>
      cli.run(async ({ api }, show) => {
        const listed = await answer(api.GET('/v1/cells'));
        const rows = listed.cells.map((cell) => [
          cell.id,
          cell.region,
          String(cell.buckets),
          String(cell.overrides),
          cell.ready ? 'ready' : (cell.problem ?? 'not ready'),
        ]);
        show.result(listed, () => table(['cell', 'region', 'buckets', 'overrides', 'state'], rows));
      }),
    );
  program
    .command('pins')
    .description(
      'which users live in which cell: show, verify, publish, join, roll back (on the machine with the pin key)',
    )
    .argument('[words...]', '`cellbook pins help` tells them')
    .allowUnknownOption()
    .helpOption(false)
    .action((words: string[]) => {
      const { json } = program.opts<{ json?: boolean }>();
      const given = [pinsProgram, ...words, ...(json ? ['--json'] : [])];
      process.exitCode = spawnSync(process.execPath, given, { stdio: 'inherit' }).status ?? 1;
    });
}
