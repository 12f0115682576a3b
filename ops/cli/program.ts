/** Every command of `cellbook`. Each is registered by the file named for it. */
import { Command } from 'commander';
import { codeFailed, createCli } from './cli.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCells } from './commands/cells.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerEnvironment } from './commands/environment.ts';
import { registerExec } from './commands/exec.ts';
import { registerGpu } from './commands/gpu.ts';
import { registerIdle } from './commands/idle.ts';
import { registerJobs } from './commands/jobs.ts';
import { registerLogin } from './commands/login.ts';
import { registerRun } from './commands/run.ts';
import { registerSecrets } from './commands/secrets.ts';
import { registerUsage } from './commands/usage.ts';
import { registerVersions } from './commands/versions.ts';
import { registerWorkspaces } from './commands/workspaces.ts';

export function createProgram(): Command {
  const program = new Command('cellbook')
    .description('Cellbook from a terminal: notebooks, files, GPU jobs')
    .option('--json', 'results as JSON on one line; failures too, on standard error')
    .option('--at <user-or-cell>', "for admins and operators: another user's home, or a cell")
    .showHelpAfterError('Add --help to see what can be given.')
    .addHelpText(
      'after',
      `
To begin:
  cellbook login --url http://localhost:8787
  cellbook ws create analysis
  cellbook exec analysis 'print(6 * 7)'

Ends with 0: done, 1: refused or failed, 2: not understood, ${codeFailed}: the code that was run failed.`,
    )
    .configureHelp({ sortSubcommands: false })
    .exitOverride((thrown) => process.exit(thrown.exitCode === 0 ? 0 : 2));

  const cli = createCli(program);
  registerLogin(program, cli);
  registerWorkspaces(program, cli);
  registerIdle(program, cli);
  registerExec(program, cli);
  registerRun(program, cli);
  registerJobs(program, cli);
  registerSecrets(program, cli);
  registerVersions(program, cli);
  registerEnvironment(program, cli);
  registerAudit(program, cli);
  registerUsage(program, cli);
  registerCells(program, cli);
  registerGpu(program, cli);
  registerCompletion(program, cli);
  return program;
}

/** `login`, `ws create`, …: those that are called, and not those that only hold others. */
export function commandNames({ commands }: Command): string[] {
  return commands.flatMap((command) =>
    command.commands.length === 0
      ? [command.name()]
      : commandNames(command).map((name) => `${command.name()} ${name}`),
  );
}
