/** How this host's runsc is called. What it is and what it can do stands in a JSON file beside the binary. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
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
  /** The argument vector of a runsc command; every command of one sandbox shares its state directory. */
  argv(stateDirectory: string, ...command: string[]): string[];
}

export async function createRunscRuntime(runscPath: string): Promise<RunscRuntime> {
  const facts = await readFacts(runscPath);
  const flags = [
    '--network=none',
    `--platform=${facts.platform}`,
    facts.overlayFlag,
    '--ignore-cgroups',
  ].filter((flag) => flag !== '');
  return {
    facts,
    argv: (stateDirectory, ...command) => [runscPath, `--root=${stateDirectory}`, ...flags, ...command],
  };
}

async function readFacts(runscPath: string): Promise<RunscFacts> {
  const text = await readFile(`${runscPath}.json`, 'utf8').catch(() => null);
  if (text !== null) return runscFactsSchema.parse(JSON.parse(text));
  const { stdout } = await promisify(execFile)(runscPath, ['--version'], {
    timeout: limits.sandbox.commandMsMax,
  });
  const version = stdout.match(/^runsc version (\S+)/m)?.[1] ?? 'unknown';
  return { version, platform: 'systrap', source: 'given', overlayFlag: '--overlay2=none' };
}
