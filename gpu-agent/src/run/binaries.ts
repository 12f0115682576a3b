/** The programs at hand: each version of each has a manifest, `*.binary.json`, in a directory that configuration names. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { programPath } from './program-path.ts';

const { run } = limits.gpuAgent;

const manifestSchema = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/),
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/),
  /** The program and its arguments, run in the manifest's directory; `node` is the agent's own Node. */
  command: z.array(z.string()).min(1).max(50),
  /** Tells by its exit code whether this host has what the program stands on; empty: it needs nothing. */
  needs: z.array(z.string()).max(50).default([]),
  /** The file it writes into its output directory. */
  result: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  /** Tells by its exit code whether `{result}` is what it should be; empty: that it is there and not empty is enough. */
  check: z.array(z.string()).max(50).default([]),
  /** Whether it keeps to the contract of checkpoints. */
  checkpoints: z.boolean().default(false),
  checkpointEveryMs: z.int().positive().default(run.checkpointEveryMs),
  /** Of the host's memory, all its processes together. */
  memoryMibMax: z.int().positive().default(run.memoryMibMax),
  /** How long it may say nothing; null: it never says anything. */
  silenceMsMax: z.int().positive().nullable().default(run.silenceMsMax),
  /** How long what it tells of its progress may stand still. */
  noProgressMsMax: z.int().positive().default(run.noProgressMsMax),
});

export type Binary = z.infer<typeof manifestSchema> & { directory: string };

export interface Binaries {
  /** `name@version` of each. */
  names: string[];
  /** Of those whose needs this host does not meet. */
  lacking: string[];
  /** Null where it is not at hand. */
  find(name: string, version: string): Binary | null;
}

export function readBinaries(directories: readonly string[]): Binaries {
  const found = directories.flatMap((directory) =>
    readdirSync(directory)
      .filter((file) => file.endsWith('.binary.json'))
      .map((file) => readManifest(resolve(directory), file)),
  );
  const all = found.filter(({ needs, directory }) => {
    const [command = 'true', ...args] = needs;
    return (
      spawnSync(command, args, {
        ...{ cwd: directory, stdio: 'ignore' as const, timeout: run.needsMs },
        env: { PATH: programPath },
      }).status === 0
    );
  });
  return {
    lacking: found.filter((binary) => !all.includes(binary)).map(nameOf),
    names: all.map(nameOf),
    find: (name, version) => all.find((binary) => binary.name === name && binary.version === version) ?? null,
  };
}

const nameOf = ({ name, version }: Binary): string => `${name}@${version}`;

function readManifest(directory: string, file: string): Binary {
  const path = join(directory, file);
  const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return { ...parsed.data, directory };
  throw new CellbookError('bad_request', {
    doing: `reading the manifest ${path}`,
    problem: z.prettifyError(parsed.error),
    next: 'Mend what it names (gpu-agent/README.md).',
  });
}
