/** `cellbook`: the platform from a terminal. Each command is registered by the file named for it. */
import { Command } from 'commander';
import { createCli } from './cli.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCells } from './commands/cells.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerExec } from './commands/exec.ts';
import { registerLogin } from './commands/login.ts';
import { registerRun } from './commands/run.ts';
import { registerSecrets } from './commands/secrets.ts';
import { registerVersions } from './commands/versions.ts';
import { registerWorkspaces } from './commands/workspaces.ts';
import { joinParameters } from './papermill-arguments.ts';

const program = new Command('cellbook')
  .description('Cellbook from a terminal')
  .option('--json', 'results as JSON on one line; failures too, on standard error')
  .option('--at <user-or-cell>', "for admins and operators: another user's home, or a cell")
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: false })
  .exitOverride((thrown) => process.exit(thrown.exitCode === 0 ? 0 : 2));

const cli = createCli(program);
registerLogin(program, cli);
registerWorkspaces(program, cli);
registerExec(program, cli);
registerRun(program, cli);
registerSecrets(program, cli);
registerVersions(program, cli);
registerAudit(program, cli);
registerCells(program, cli);
registerCompletion(program, cli);

// The client library tells each socket it opens.
console.debug = () => undefined;
const words = process.argv.slice(2);
await program.parseAsync(words[0] === 'run' ? joinParameters(words) : words, { from: 'user' });
// A client library keeps timers of its own; everything here has been said.
process.exit();
