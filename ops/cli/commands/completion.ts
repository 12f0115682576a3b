/**
 * `cellbook completion bash|zsh|fish` prints what a shell loads. The shell then asks `cellbook complete` with
 * the words so far at each Tab, so what it offers is what this version has; workspaces are offered by name, jobs by id.
 */
import { Argument, type Command } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { openContext } from '../context.ts';
import { listWorkspaces } from '../find-workspace.ts';

const scripts: Record<string, string> = {
  bash: `_cellbook() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(cellbook complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _cellbook cellbook
`,
  zsh: `#compdef cellbook
_cellbook() {
  local -a offered
  offered=("\${(@f)$(cellbook complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a offered || _files
}
if [[ "$funcstack[1]" == _cellbook ]]; then _cellbook; else compdef _cellbook cellbook; fi
`,
  fish: `complete -c cellbook -f -a '(cellbook complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};

export function registerCompletion(program: Command, cli: Cli): void {
  program
    .command('completion')
    .description('print the completion for a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .addHelpText('after', '\n    source <(cellbook completion bash)')
    .action((shell: string) => {
      process.stdout.write(scripts[shell] ?? '');
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) =>
      cli.runAlone(async () => {
        for (const word of await offers(program, words)) process.stdout.write(`${word}\n`);
      }),
    );
}

/** What may stand where the last of `words` is being typed. */
export async function offers(program: Command, words: readonly string[]): Promise<string[]> {
  let command = program;
  let position = 0;
  for (const word of words.slice(0, -1)) {
    if (word.startsWith('-')) continue;
    const sub = command.commands.find((each) => each.name() === word);
    if (sub) command = sub;
    else position++;
  }
  const typed = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (typed.startsWith('-')) return starting(typed, optionsOf(program, command));
  const argument = command.registeredArguments[position];
  if (argument?.argChoices) return starting(typed, argument.argChoices);
  if (argument?.name() === 'workspace' || ['-w', '--workspace'].includes(before))
    return starting(typed, await workspaceNames());
  if (argument?.name() === 'job') return starting(typed, await newestJobs());
  const names = command.commands.map((each) => each.name()).filter((name) => name !== 'complete');
  return starting(typed, names);
}

const optionsOf = (program: Command, command: Command): string[] =>
  [...command.options, ...program.options].flatMap(({ long }) => (long ? [long] : []));

const starting = (typed: string, words: readonly string[]): string[] =>
  words.filter((word) => word.startsWith(typed));

/** None where nobody is logged in: a Tab never tells of failures. */
async function workspaceNames(): Promise<string[]> {
  try {
    const { api } = await openContext({ at: undefined });
    const workspaces = await listWorkspaces(api);
    return workspaces.map(({ name, id }) => (/^[\w.-]+$/.test(name) ? name : id));
  } catch {
    return [];
  }
}

async function newestJobs(): Promise<string[]> {
  try {
    const { api } = await openContext({ at: undefined });
    const { jobs } = await answer(api.GET('/v1/jobs', { params: { query: { limit: 50 } } }));
    return jobs.map(({ id }) => id);
  } catch {
    return [];
  }
}
