/** `cellbook exec`: code in a kernel of a workspace, its output as it comes. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { Command } from 'commander';
import { type Cli, codeFailed } from '../cli.ts';
import { findWorkspace } from '../find-workspace.ts';
import { withKernel } from '../run/with-kernel.ts';

interface Options {
  file?: string;
  kernel: string;
}

export function registerExec(program: Command, cli: Cli): void {
  program
    .command('exec <workspace> [code]')
    .description('run code in a new kernel of a workspace, and end the kernel')
    .option('-f, --file <path>', 'code from a file of this machine; `-` is standard input')
    .option('--kernel <name>', 'which kernelspec', 'python3')
    .addHelpText('after', `\nEnds with code ${codeFailed} when the code failed.`)
    .action((name: string, given: string | undefined, options: Options) =>
      cli.run(async (context, show) => {
        const code = await codeOf(given, options.file);
        const { id } = await findWorkspace(context.api, name);
        const jupyter = await context.jupyter(id);
        const said: Said = { status: '', stdout: '', stderr: '', result: null, error: null };
        await withKernel(jupyter, { name: options.kernel, path: 'cellbook-exec' }, (kernel) =>
          execute(kernel, code, said, show.json),
        );
        show.result(said, () => '');
        if (said.status !== 'ok') process.exitCode = codeFailed;
      }),
    );
}

interface Said {
  status: string;
  stdout: string;
  stderr: string;
  result: string | null;
  error: { ename: string; evalue: string } | null;
}

async function codeOf(given: string | undefined, file: string | undefined): Promise<string> {
  if (file === '-' || (file === undefined && given === undefined) || given === '-')
    return text(process.stdin);
  return file === undefined ? (given ?? '') : readFile(file, 'utf8');
}

/** Writes what it hears at once, unless it is gathered for `--json`. */
async function execute(
  kernel: Kernel.IKernelConnection,
  code: string,
  said: Said,
  quiet: boolean,
): Promise<void> {
  const future = kernel.requestExecute({ code });
  future.onIOPub = (message) => {
    const { out, err } = hear(message, said);
    if (!quiet && out) process.stdout.write(out);
    if (!quiet && err) process.stderr.write(err);
  };
  const { content } = await future.done;
  said.status = content.status;
}

function hear(message: KernelMessage.IIOPubMessage, said: Said): { out?: string; err?: string } {
  const content = message.content as Record<string, unknown>;
  switch (message.header.msg_type) {
    case 'stream': {
      const written = String(content.text);
      if (content.name === 'stderr') said.stderr += written;
      else said.stdout += written;
      return content.name === 'stderr' ? { err: written } : { out: written };
    }
    case 'execute_result': {
      said.result = String((content.data as Record<string, unknown>)['text/plain'] ?? '');
      return { out: `${said.result}\n` };
    }
    case 'error': {
      said.error = { ename: String(content.ename), evalue: String(content.evalue) };
      const traceback = Array.isArray(content.traceback) ? content.traceback.join('\n') : '';
      return { err: `${traceback}\n` };
    }
    default:
      return {};
  }
}
