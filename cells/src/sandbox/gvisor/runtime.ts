/** How this host's runsc is called. What it is and what it can do stands in a JSON file beside the binary. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';

export const runscFactsSchema = z.object({
  version: z.string(),
  platform: z.enum(['systrap', 'ptrace', 'kvm']),
  source: z.string(),
  /** Debian's 2022 build names the overlay flag differently. */
  overlayFlag: z.string(),
});
export type RunscFacts = z.infer<typeof runscFactsSchema>;

export interface RunscRuntime {
  facts: RunscFacts;
  /** What this build understands of how an image is best written, and a large one read. */
  checkpointFlags: string[];
  backgroundFlags: string[];
  /** The argument vector of a runsc command; every command of one sandbox shares its state directory. */
  argv(stateDirectory: string, ...command: string[]): string[];
  /** Runs a command to its end. Throws `sandbox_unavailable` with what it said. */
  run(stateDirectory: string, command: string[], signal: AbortSignal): Promise<void>;
}

const execute = promisify(execFile);

export async function createRunscRuntime(runscPath: string): Promise<RunscRuntime> {
  const facts = await readFacts(runscPath);
  const flags = [
    '--network=none',
    `--platform=${facts.platform}`,
    facts.overlayFlag,
    '--ignore-cgroups',
    ...(await knownOf(runscPath, [
      // The one socket that is mounted is connected to; a sandbox can make none that the host sees.
      '--host-uds=open',
      // One for each gofer, 0.6 ms; the default pins one by a mount in the state directory, which stays when all has ended.
      '--gofer-network-namespace=new',
    ])),
  ].filter((flag) => flag !== '');
  const argv = (stateDirectory: string, ...command: string[]) => [
    runscPath,
    `--root=${stateDirectory}`,
    ...flags,
    ...command,
  ];
  return {
    facts,
    argv,
    checkpointFlags: await understood(runscPath, 'checkpoint', [
      '--compression=none',
      '--exclude-committed-zero-pages',
    ]),
    backgroundFlags: await understood(runscPath, 'restore', ['--background']),
    run: (stateDirectory, command, signal) => run(argv(stateDirectory, ...command), signal),
  };
}

/** Builds differ: 2022's knows none of these, and refuses what it does not know. */
async function knownOf(runscPath: string, wanted: string[]): Promise<string[]> {
  // Told on standard error, as Go's flags are.
  const told = await execute(runscPath, ['flags'], { timeout: limits.sandbox.commandMsMax });
  return among(wanted, `${told.stdout}${told.stderr}`);
}

/** As `knownOf`, of what a command takes beside them. */
async function understood(runscPath: string, command: string, wanted: string[]): Promise<string[]> {
  const { stdout } = await execute(runscPath, ['help', command], { timeout: limits.sandbox.commandMsMax });
  return among(wanted, stdout);
}

const among = (wanted: string[], told: string): string[] =>
  wanted.filter((flag) => told.includes(` ${flag.slice(1).split('=')[0]}`));

async function run([file = '', ...args]: string[], signal: AbortSignal): Promise<void> {
  try {
    await execute(file, args, { signal, timeout: limits.sandbox.saveMsMax, killSignal: 'SIGKILL' });
  } catch (cause) {
    signal.throwIfAborted();
    const said = z.object({ stderr: z.string() }).safeParse(cause).data?.stderr.trim() ?? '';
    const doing = `asking runsc to ${args.find((arg) => !arg.startsWith('--'))} a sandbox`;
    const problem = `it said: ${said.slice(0, limits.sandbox.stderrTailBytes) || 'nothing'}`;
    throw new CellbookError('sandbox_unavailable', { doing, problem, cause });
  }
}

async function readFacts(runscPath: string): Promise<RunscFacts> {
  const text = await readFile(`${runscPath}.json`, 'utf8').catch(() => null);
  if (text !== null) return runscFactsSchema.parse(JSON.parse(text));
  const { stdout } = await execute(runscPath, ['--version'], { timeout: limits.sandbox.commandMsMax });
  const version = stdout.match(/^runsc version (\S+)/m)?.[1] ?? 'unknown';
  return { version, platform: 'systrap', source: 'given', overlayFlag: '--overlay2=none' };
}
