/** `cellbook run`: a notebook from its first cell to its last, with parameters. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import type { Command } from 'commander';
import { z } from 'zod';
import type { JupyterClient } from '../../client/jupyter.ts';
import { type Cli, codeFailed } from '../cli.ts';
import { findWorkspace } from '../find-workspace.ts';
import { type Notebook, parseNotebook } from '../run/notebook.ts';
import { inject, type Parameters, readValue, type Value } from '../run/parameters.ts';
import { runCells } from '../run/run-cells.ts';
import { withKernel } from '../run/with-kernel.ts';
import type { Show } from '../show.ts';
import { jsonIn } from '../told-failure.ts';

interface Options {
  workspace: string;
  output?: string;
  upload?: boolean;
  download?: string;
  kernel?: string;
  parametersFile?: string;
}

export function registerRun(program: Command, cli: Cli): void {
  program
    .command('run <notebook>')
    .description('run a notebook of a workspace; its outputs are written back')
    .requiredOption('-w, --workspace <workspace>', 'by id or name')
    .option('-p, --parameter <name=value>', 'a parameter, read as what it looks like', typed)
    .option('-r, --raw <name=value>', 'a parameter that stays a string', raw)
    .option('--parameters-file <path>', 'parameters as a JSON object; -p and -r win')
    .option('-o, --output <path>', 'write to this path of the workspace, and leave the notebook as it is')
    .option('--upload', 'the notebook is a file of this machine: put it into the workspace first')
    .option('--download <path>', 'write the result to a file of this machine, too')
    .option('--kernel <name>', "which kernelspec, instead of the notebook's own")
    .addHelpText(
      'after',
      `
Parameters follow papermill: they go into a cell tagged \`injected-parameters\` after the one tagged \`parameters\`.
It stops at the first cell that fails and ends with code ${codeFailed}; a cell tagged \`raises-exception\` may fail.`,
    )
    .action((path: string, options: Options) =>
      cli.run(async (context, show) => {
        const { id } = await findWorkspace(context.api, options.workspace);
        await runNotebook(await context.jupyter(id), path, options, show);
      }),
    );
}

/** Both kinds in the order given, so that a later one wins. */
const parameters: Parameters = {};
const typed = (text: string): Parameters => put(text, readValue);
const raw = (text: string): Parameters => put(text, (value) => value);

function put(text: string, read: (value: string) => Value): Parameters {
  const at = text.indexOf('=');
  if (at < 1)
    throw new CellbookError('bad_request', {
      doing: 'reading the parameters',
      problem: `"${text}" is not name=value`,
      next: 'Write `-p alpha=0.6`, or `-p alpha 0.6`.',
    });
  parameters[text.slice(0, at)] = read(text.slice(at + 1));
  return parameters;
}

async function runNotebook(jupyter: JupyterClient, given: string, options: Options, show: Show) {
  const path = options.upload ? basename(given) : given;
  const target = options.output ?? path;
  const { contents } = jupyter;
  const read = options.upload
    ? jsonIn(await readFile(given, 'utf8'), given)
    : (await contents.get(path, { type: 'notebook', content: true })).content;
  const asked = { ...(await parametersIn(options.parametersFile)), ...parameters };
  const notebook = inject(parseNotebook(read, given), asked, () => systemRandom.uuid().slice(0, 8));
  const save = async (content: Notebook) =>
    void (await contents.save(target, { type: 'notebook', format: 'json', content }));
  await save(notebook);
  const name = options.kernel ?? notebook.metadata.kernelspec?.name ?? 'python3';
  const outcome = await withKernel(jupyter, { name, path: target }, (kernel) =>
    runCells(
      {
        kernel,
        clock: systemClock,
        save,
        progress: (index, count) => show.note(`cell ${index + 1} of ${count}`),
      },
      notebook,
      asked,
    ),
  );
  if (options.download !== undefined)
    await writeFile(options.download, `${JSON.stringify(outcome.notebook, null, 1)}\n`);
  const { failed, executed } = outcome;
  show.result({ ok: failed === null, path: target, executed, failed }, () =>
    failed
      ? `cell ${failed.index + 1} failed: ${failed.ename}: ${failed.evalue}`
      : `${executed} cells ran; see ${target}`,
  );
  if (failed) process.exitCode = codeFailed;
}

const parametersSchema = z.record(z.string(), z.json());

async function parametersIn(path: string | undefined): Promise<Parameters> {
  if (path === undefined) return {};
  const parsed = parametersSchema.safeParse(jsonIn(await readFile(path, 'utf8'), path));
  if (parsed.success) return parsed.data as Parameters;
  throw new CellbookError('bad_request', {
    doing: `reading ${path}`,
    problem: 'it is not a JSON object',
    cause: parsed.error,
  });
}
